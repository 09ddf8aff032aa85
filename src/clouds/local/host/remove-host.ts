/** Takes our Incus away with all its data; installed packages and a user's own Incus stay. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { Refusal } from '../../../kernel/refusal.ts';
import { apiPath, createIncusClient } from '../incus/client.ts';
import { despiteMovingInterfaces } from '../moving-interfaces.ts';
import { deployments } from '../remove.ts';
import { daemonAnswers, startDaemon, stopDaemon } from './daemon.ts';
import { type HostLayout, layoutOf } from './layout.ts';
import { poolNames } from './storage-pool.ts';
import { removeUnit } from './unit.ts';

/**
 * Nothing is left of it afterwards: processes, mounts, loop devices, interfaces, filters, files.
 * @throws Refusal CONFLICT while it carries deployments, also those that the store has lost
 */
export async function removeHost(stateDirectory: string, report: (activity: string) => void): Promise<void> {
  const layout = layoutOf(stateDirectory);
  if (hasData(layout)) {
    // Only Incus itself knows which loop device and which filters are its own.
    if (!(await daemonAnswers(layout))) await startDaemon(layout);
    report('removing networks, images and the storage pools');
    await emptyIncus(layout);
  }
  report('stopping Incus');
  await stopDaemon(layout);
  await removeEmptyTable();
  await removeUnit(layout.unitName);
  for (const name of ['incus', 'images', 'namespace', 'local.json', 'incusd.log', 'incusd.pid'])
    await rm(join(stateDirectory, name), { recursive: true, force: true });
}

const hasData = ({ incusDirectory }: HostLayout): boolean => existsSync(join(incusDirectory, 'database'));

const Named = z.object({ name: z.string(), managed: z.boolean().optional() });
const Fingerprinted = z.object({ fingerprint: z.string() });

async function emptyIncus({ socketPath }: HostLayout): Promise<void> {
  const client = createIncusClient({ socketPath });
  const carried = await deployments(client);
  if (carried.length > 0)
    throw new Refusal('CONFLICT', `this machine still carries ${carried.join(', ')}, which is not known here`, {
      retry: 'never',
      next: 'Apply the file of each once more, which takes it over, and delete it; then run the same command again.',
      data: { deployments: carried },
    });
  for (const { fingerprint } of await client.list('/1.0/images', Fingerprinted))
    await client.remove(apiPath(['images', fingerprint]));
  for (const { name, managed } of await client.list('/1.0/networks', Named))
    if (managed === true) await despiteMovingInterfaces(() => client.remove(apiPath(['networks', name])));
  for (const name of poolNames) await client.remove(apiPath(['storage-pools', name]));
}

/** Incus leaves its table behind, empty; with chains in it, it is another Incus' as well. */
async function removeEmptyTable(): Promise<void> {
  const table = ['table', 'inet', 'incus'];
  const { stdout, failed } = await execa('nft', ['--json', 'list', ...table], { reject: false });
  if (failed || !isEmptyTable(stdout)) return;
  await execa('nft', ['delete', ...table], { reject: false });
}

/** `text` is nft's JSON: libnftables-json(5). */
export function isEmptyTable(text: string): boolean {
  const { nftables } = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) }).parse(JSON.parse(text));
  return nftables.every((object) => 'metainfo' in object || 'table' in object);
}
