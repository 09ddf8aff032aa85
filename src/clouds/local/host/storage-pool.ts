/**
 * The storage pools of our Incus: btrfs in sparse files where this machine can, so that a node is cloned in no time;
 * else plain directories, in which each node is a full copy.
 *
 * Volumes have a pool of their own. Their size is a btrfs quota, which is counted for a pool as a whole, and where
 * nodes share an image's extents the kernel then spends 5 to 10 s on each node that is deleted, long after: a hundred
 * of them make every later start wait (docs/adr/0005-a-pool-for-volumes.md).
 * Source: Incus documentation, "Btrfs - btrfs" and "Directory - dir"; btrfs-quota(8), "Performance implications".
 */
import { statfs } from 'node:fs/promises';
import { asRefusal, Refusal } from '../../../kernel/refusal.ts';
import { apiPath, type IncusClient } from '../incus/client.ts';
import { PoolRecord } from '../incus/records.ts';
import { loadBtrfs } from './btrfs.ts';
import type { HostLayout } from './layout.ts';

export const poolName = 'quorate';
const volumePoolName = 'quorate-volumes';
/** In the order in which they are made: the one whose being there says that nothing is missing comes last. */
export const poolNames = [volumePoolName, poolName] as const;
const neededGiB = 4;

/** Returns the one for volumes. What is there is left as it is. @throws Refusal DISK_FULL, and what Incus refuses */
export async function ensurePools(
  client: IncusClient,
  layout: HostLayout,
  report: (activity: string) => void,
): Promise<string> {
  if ((await poolDriver(client)) === undefined) await makePools(client, layout, report);
  const separate = await client.find(apiPath(['storage-pools', volumePoolName]), PoolRecord);
  return separate === undefined ? poolName : volumePoolName;
}

async function makePools(client: IncusClient, layout: HostLayout, report: (activity: string) => void): Promise<void> {
  const freeGiB = await requireRoom(layout);
  report('making the storage pools');
  const trouble = await makeBtrfs(client, freeGiB);
  if (trouble === undefined) return;
  report(`no btrfs on this machine (${trouble}): nodes are copied instead of cloned, which is slower`);
  await make(client, poolName, 'dir', {});
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
    const size = `${Math.min(64, Math.floor(freeGiB / 2))}GiB`;
    for (const name of poolNames)
      if ((await client.find(apiPath(['storage-pools', name]), PoolRecord)) === undefined)
        await make(client, name, 'btrfs', { size });
    return undefined;
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal?.code !== 'CLOUD_REFUSED') throw error;
    for (const name of poolNames) await client.remove(apiPath(['storage-pools', name]));
    return refusal.message;
  }
}

const make = (client: IncusClient, name: string, driver: string, config: Readonly<Record<string, string>>) =>
  client.change('POST', apiPath(['storage-pools']), { body: { name, driver, config } });
