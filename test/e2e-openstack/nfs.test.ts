/**
 * A storage cluster that serves NFS by the kernel, which no container may: the server loses its power under a writer on
 * another node, and all that was acknowledged is there.
 */
import { expect, it } from 'vitest';
import { eventually } from '../e2e/harness/eventually.ts';
import { eventuallyFenced, holderOf, volumeOf } from '../e2e/harness/facts.ts';
import { longestGapMs } from '../e2e/harness/gaps.ts';
import { exec, execDone, status } from '../e2e/harness/quorate.ts';
import { say, seconds } from '../e2e/harness/report.ts';
import { lostRecords, startWriter } from '../e2e/harness/share-writer.ts';
import { onGuests, PATIENCE_MS } from './on-guests.ts';

const name = 'real-nfs';
const guests = onGuests(name, 'balanced-storage', (spec) => {
  delete spec.loadBalancers;
  spec.storageCluster = { ...spec.storageCluster, protocol: 'nfs' };
});

it('mounts the share of a storage cluster on every node', async () => {
  await guests.apply();
  const seen = await guests.ready();
  expect(seen.clusters.map((cluster) => `${cluster.name} ${cluster.online}/${cluster.members}`).toSorted()).toEqual([
    'app 2/2',
    'storage 3/3',
  ]);
  expect(volumeOf(seen, 'media').mountedOn).toBe(holderOf(seen, 'shares'));
  for (const node of ['app-1', 'app-2'])
    expect(await execDone(name, node, ['findmnt', '-no', 'FSTYPE', '/srv/media'])).toBe('nfs4\n');
  await execDone(name, 'app-1', ['sh', '-c', 'echo hello >/srv/media/hello.txt']);
  expect(await execDone(name, 'app-2', ['cat', '/srv/media/hello.txt'])).toBe('hello\n');
});

it('loses no acknowledged record, no error and no lock when the server loses its power under a writer', async () => {
  const victim = holderOf(await status(name), 'shares');
  // Held before and after: whoever else asks for it is refused.
  await execDone(name, 'app-1', [
    'sh',
    '-c',
    'systemd-run --quiet --unit lock-holder --collect flock /srv/media/lock sleep infinity && until [ -e /srv/media/lock ]; do sleep 1; done',
  ]);
  const writer = await startWriter(name, 'app-1', '/srv/media/records');
  void exec(name, victim, ['poweroff', '-ff']);
  await eventually(
    'another node serves',
    PATIENCE_MS,
    () => status(name),
    (seen) => ![victim, null].includes(seen.vips.find((vip) => vip.name === 'shares')?.heldBy ?? null),
  );
  const after = await guests.ready();
  const attempts = await writer.stop();
  say(`${victim} without power: longest pause ${seconds(longestGapMs(attempts))}, ${attempts.length} records`);
  expect(await eventuallyFenced(name)).toContain(victim);
  expect(holderOf(after, 'shares')).not.toBe(victim);
  expect(attempts.filter(({ ok }) => !ok)).toEqual([]);
  expect(lostRecords(attempts, await execDone(name, 'app-2', ['cat', '/srv/media/records']))).toEqual([]);
  expect((await exec(name, 'app-2', ['flock', '--nonblock', '/srv/media/lock', 'true'])).exitCode).toBe(1);
  await execDone(name, 'app-1', ['systemctl', 'stop', 'lock-holder']);
  expect((await exec(name, 'app-2', ['flock', '--timeout', '30', '/srv/media/lock', 'true'])).exitCode).toBe(0);
});

it('leaves nothing', async () => {
  expect(await guests.removed()).toEqual({ appeared: [], vanished: [] });
});
