/**
 * Two deployments of other sizes and shapes on one machine at the same time: two nodes with three VIPs (outside
 * address chosen, given, none), and five with a volume that moves. What happens to one is nothing to the other.
 */
import { beforeAll, expect, test } from 'vitest';
import { eventually } from './harness/eventually.ts';
import {
  eventuallyFenced,
  eventuallyReady,
  fencedIn,
  holderOf,
  machines,
  nodeOf,
  outsideOf,
  vipOf,
  volumeOf,
} from './harness/facts.ts';
import { firstAnswerAfter, longestGapMs } from './harness/gaps.ts';
import { killNode } from './harness/harm.ts';
import { httpGet, httpPut, startProbe } from './harness/http-probe.ts';
import { instancesOf } from './harness/incus.ts';
import { MEMBER_BACK_MS, UNDISTURBED_MS, VIP_BACK_MS } from './harness/limits.ts';
import { freeOutsideAddress } from './harness/outside-range.ts';
import { apply, execDone, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { changedText } from './harness/spec-text.ts';

const pair = 'e2e-pair';
const five = 'e2e-five';
const { specFile } = scenarioOf(pair, five);

let before: Snapshot;
let given: string;

beforeAll(async () => {
  before = await takeSnapshot();
  given = await freeOutsideAddress();
});

test('two and five nodes come up at the same time', async () => {
  const pairText = changedText(pair, (spec) => {
    spec.cluster.nodes = 2;
    spec.vips = [
      { name: 'web', external: 'auto', ports: [80] },
      { name: 'fixed', external: given, ports: [80] },
      { name: 'inner', external: 'none' },
    ];
    spec.services = [{ name: 'www', agent: 'systemd:nginx', with: ['web', 'fixed', 'inner', 'data'] }];
  });
  const fiveText = changedText(five, (spec) => {
    spec.cluster.nodes = 5;
    spec.storage = [{ name: 'data', sizeGiB: 1, mount: '/srv/data', attach: 'moving' }];
  });
  await Promise.all([
    timed('create two nodes', () => apply(specFile('pair.yaml', pairText))),
    timed('create five nodes', () => apply(specFile('five.yaml', fiveText))),
  ]);
  expect(await status(pair)).toMatchObject({
    state: 'ready',
    clusters: [{ quorate: true, fencing: 'armed', online: 2 }],
  });
  expect(await status(five)).toMatchObject({
    state: 'ready',
    clusters: [{ quorate: true, fencing: 'armed', online: 5 }],
  });
}, 240_000);

test('a VIP answers outside at the address chosen or given, and at none where none was wanted', async () => {
  const seen = await status(pair);
  const holder = holderOf(seen, 'web');
  expect([outsideOf(seen, 'fixed'), vipOf(seen, 'inner').outside]).toEqual([given, null]);
  expect(outsideOf(seen, 'web')).not.toBe(given);
  for (const vip of ['web', 'fixed']) {
    expect((await httpGet(`http://${outsideOf(seen, vip)}/healthz`)).body.trim()).toBe(holder);
  }
  const [other = ''] = seen.nodes.map((node) => node.name).filter((node) => node !== holder);
  expect(
    await execDone(pair, other, ['curl', '--silent', '--fail', `http://${vipOf(seen, 'inner').address}/healthz`]),
  ).toBe(`${holder}\n`);
});

test('a volume that moves follows its service to another node with its files, and the other deployment notices nothing', async () => {
  const seen = await status(five);
  const victim = holderOf(seen, 'web');
  const base = `http://${outsideOf(seen, 'web')}`;
  expect(await attachedTo()).toEqual([victim]);
  expect((await httpPut(`${base}/moved.txt`, 'moved along')).statusCode).toBe(201);

  const pairBefore = await machines(pair);
  const bystander = startProbe(`http://${given}/healthz`);
  const probe = startProbe(`${base}/healthz`);
  const killedAt = await killNode(five, victim);
  const answer = await eventually(
    'the VIP answers elsewhere',
    VIP_BACK_MS,
    async () => firstAnswerAfter(probe.attempts, killedAt, (said) => said !== victim),
    Boolean,
  );
  say(
    `moving volume: ${victim} killed, VIP answers on ${answer?.said} after ${seconds((answer?.endedAt ?? 0) - killedAt)}`,
  );
  const after = await eventually(
    `${victim} is online`,
    MEMBER_BACK_MS,
    () => status(five),
    (now) => nodeOf(now, victim).state === 'online' && now.state === 'ready',
  );
  probe.stop();
  expect(volumeOf(after, 'data').mountedOn).toBe(answer?.said);
  expect(await attachedTo()).toEqual([answer?.said]);
  expect(await httpGet(`${base}/moved.txt`)).toEqual({ statusCode: 200, body: 'moved along' });
  expect(await eventuallyFenced(five)).toEqual([victim]);

  expect(longestGapMs(bystander.stop())).toBeLessThan(UNDISTURBED_MS);
  expect(await machines(pair)).toEqual(pairBefore);
  expect(fencedIn(await status(pair))).toEqual([]);
}, 240_000);

test('deleting one leaves the other as it is, and deleting both leaves nothing', async () => {
  const bystander = startProbe(`http://${given}/healthz`);
  await timed('delete five nodes', () => remove(five));
  expect(longestGapMs(bystander.stop())).toBeLessThan(UNDISTURBED_MS);
  await eventuallyReady(pair, 30_000);
  await timed('delete two nodes', () => remove(pair));
  expect(difference([pair, five], before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
}, 240_000);

/** Nodes that have the moving volume as a device, by Incus' own word. */
async function attachedTo(): Promise<readonly string[]> {
  const instances = await instancesOf(five);
  return instances
    .filter(({ devices }) => Object.values(devices).some(({ source }) => source === 'data'))
    .map(({ name }) => name);
}
