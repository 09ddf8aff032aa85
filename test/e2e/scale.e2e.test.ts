/**
 * Members join a living cluster of two and leave it again: a pair, four, a pair. Whoever stays is not
 * restarted, and a client of the service does not notice.
 */
import { expect, test } from 'vitest';
import { eventuallyReady, fencedIn, holderOf, invocation, machines, outsideOf } from './harness/facts.ts';
import { longestGapMs } from './harness/gaps.ts';
import { startProbe } from './harness/http-probe.ts';
import { UNDISTURBED_MS } from './harness/limits.ts';
import { apply, execDone, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { changedText } from './harness/spec-text.ts';

const name = 'e2e-scale';
const { specFile } = scenarioOf(name);

const sized = (nodes: number): string =>
  changedText(name, (spec) => {
    spec.cluster.nodes = nodes;
  });

let before: Snapshot;

test('a pair comes up', async () => {
  before = await takeSnapshot();
  await timed('create two nodes', () => apply(specFile('pair.yaml', sized(2))));
  expect((await eventuallyReady(name, 30_000)).nodes).toHaveLength(2);
}, 240_000);

/** Applies the file for so many nodes, and sees that those who stay, and a client, notice nothing. */
async function resize(what: string, members: readonly string[]): Promise<void> {
  const first = await status(name);
  const holder = holderOf(first, 'web');
  const stayed = await invocation(name, holder, 'nginx');
  const probe = startProbe(`http://${outsideOf(first, 'web')}/healthz`);
  await timed(what, () => apply(specFile(`${members.length}.yaml`, sized(members.length))));
  const gapMs = longestGapMs(probe.stop());
  say(`${what}: longest gap of the service ${seconds(gapMs)}`);

  const after = await eventuallyReady(name, 30_000);
  expect(after.nodes.map((node) => node.name)).toEqual(members);
  expect(fencedIn(after)).toEqual([]);
  expect(gapMs).toBeLessThan(UNDISTURBED_MS);
  expect(holderOf(after, 'web')).toBe(holder);
  expect(await invocation(name, holder, 'nginx')).toEqual(stayed);
  expect(Object.keys(await machines(name)).toSorted()).toEqual(members);
}

/** What every member's own corosync and Pacemaker say. */
const quorumOf = (members: readonly string[]): Promise<readonly string[]> =>
  Promise.all(members.map((member) => execDone(name, member, ['sh', '-c', 'corosync-quorumtool -s; crm_node --list'])));

test('two join, and the service goes on undisturbed', async () => {
  const four = ['app-1', 'app-2', 'app-3', 'app-4'];
  await resize('two join', four);
  for (const quorum of await quorumOf(four)) {
    expect(quorum).toMatch(/^Expected votes: +4$/m);
    expect(quorum).not.toContain('2Node');
    expect(quorum.match(/ member$/gm)).toHaveLength(4);
  }
}, 240_000);

test('two leave, and the service goes on undisturbed', async () => {
  const two = ['app-1', 'app-2'];
  await resize('two leave', two);
  for (const quorum of await quorumOf(two)) {
    expect(quorum).toMatch(/^Expected votes: +2$/m);
    expect(quorum).toContain('2Node');
    expect(quorum.match(/ member$/gm)).toHaveLength(2);
  }
}, 240_000);

test('deleting it leaves nothing', async () => {
  await timed('delete', () => remove(name));
  expect(difference(name, before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
}, 120_000);
