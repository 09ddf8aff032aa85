/**
 * The storage pool of our Incus: btrfs in a sparse file where this machine can, so that a node is cloned in
 * no time; else plain directories, in which each node is a full copy.
 * Source: Incus documentation, "Btrfs - btrfs" and "Directory - dir".
 */
import { statfs } from 'node:fs/promises';
import { asRefusal, Refusal } from '../../../kernel/refusal.ts';
import { apiPath, type IncusClient } from '../incus/client.ts';
import { PoolRecord } from '../incus/records.ts';
import { loadBtrfs } from './btrfs.ts';
import type { HostLayout } from './layout.ts';

export const poolName = 'quorate';
const neededGiB = 4;

/** What is there is left as it is. @throws Refusal DISK_FULL, and what Incus refuses both ways */
export async function ensurePool(
  client: IncusClient,
  layout: HostLayout,
  report: (activity: string) => void,
): Promise<void> {
  if ((await poolDriver(client)) !== undefined) return;
  const freeGiB = await requireRoom(layout);
  report('making the storage pool');
  const trouble = await makeBtrfs(client, freeGiB);
  if (trouble === undefined) return;
  report(`no btrfs on this machine (${trouble}): nodes are copied instead of cloned, which is slower`);
  await make(client, 'dir', {});
}

/** Returns how much is free, in whole GiB. @throws Refusal DISK_FULL with the numbers */
export async function requireRoom({ stateDirectory }: HostLayout): Promise<number> {
  const { bavail, bsize } = await statfs(stateDirectory);
  const freeGiB = Math.floor((bavail * bsize) / 2 ** 30);
  if (freeGiB >= neededGiB) return freeGiB;
  throw new Refusal('DISK_FULL', `${stateDirectory} has ${freeGiB} GiB free; the local cloud needs ${neededGiB}`, {
    retry: 'never',
    next: 'Make room, or name another directory with --state.',
    data: { freeGiB, neededGiB },
  });
}

/** undefined where there is no pool yet. */
export const poolDriver = async (client: IncusClient): Promise<string | undefined> =>
  (await client.find(apiPath(['storage-pools', poolName]), PoolRecord))?.driver;

/** Why there is none, or undefined when it is made: in a container a kernel with btrfs may still have no loop device to lend. */
async function makeBtrfs(client: IncusClient, freeGiB: number): Promise<string | undefined> {
  if (!(await loadBtrfs())) return 'this kernel has none';
  try {
    // Sparse: it takes on disk what is in it. Half of what is free leaves room for others.
    await make(client, 'btrfs', { size: `${Math.min(64, Math.floor(freeGiB / 2))}GiB` });
    return undefined;
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal?.code !== 'CLOUD_REFUSED') throw error;
    await client.remove(apiPath(['storage-pools', poolName]));
    return refusal.message;
  }
}

async function make(client: IncusClient, driver: string, config: Readonly<Record<string, string>>): Promise<void> {
  await client.change('POST', apiPath(['storage-pools']), { body: { name: poolName, driver, config } });
}
