/**
 * The product's main job: one file becomes a cluster of three with a VIP, a volume and a web server; applying
 * again changes nothing; the node that holds everything dies and nothing is lost; deleting leaves nothing.
 */
import { expect, test } from 'vitest';
import { eventually } from './harness/eventually.ts';
import {
  cibEpoch,
  eventuallyFenced,
  eventuallyReady,
  holderOf,
  machines,
  namesOf,
  nodeOf,
  outsideOf,
  volumeOf,
} from './harness/facts.ts';
import { firstAnswerAfter, longestGapMs } from './harness/gaps.ts';
import { killNode } from './harness/harm.ts';
import { httpGet, httpPut, startProbe } from './harness/http-probe.ts';
import { MEMBER_BACK_MS, VIP_BACK_MS } from './harness/limits.ts';
import { apply, events, execDone, list, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { basicText } from './harness/spec-text.ts';

const name = 'e2e-basic';
const { specFile } = scenarioOf(name);
const file = specFile('deployment.yaml', basicText(name));
const letter = `kept whoever serves it: ${'0123456789abcdef'.repeat(4096)}`;

let before: Snapshot;

test('apply makes a quorate cluster of three with fencing armed and an address that answers', async () => {
  before = await takeSnapshot();
  await timed('create', () => apply(file));
  const seen = await status(name);
  expect(seen).toMatchObject({
    state: 'ready',
    clusters: [{ quorate: true, fencing: 'armed', members: 3, online: 3 }],
  });
  expect(seen.nodes.map((node) => `${node.name} ${node.state}`)).toEqual([
    'app-1 online',
    'app-2 online',
    'app-3 online',
  ]);
  const { statusCode, body } = await httpGet(`http://${outsideOf(seen, 'web')}/healthz`);
  expect([statusCode, body.trim()]).toEqual([200, holderOf(seen, 'web')]);
  expect(volumeOf(seen, 'data').mountedOn).toBe(holderOf(seen, 'web'));
});

test('a file written through the service is read back', async () => {
  const url = `http://${outsideOf(await status(name), 'web')}/letters/one.txt`;
  expect((await httpPut(url, letter)).statusCode).toBe(201);
  expect(await httpGet(url)).toEqual({ statusCode: 200, body: letter });
});

test('a second apply is quick and changes nothing', async () => {
  const look = async () => ({
    events: (await events(name)).length,
    epoch: await cibEpoch(name, 'app-1'),
    machines: await machines(name),
  });
  const first = await look();
  const { durationMs } = await timed('second apply', () => apply(file));
  expect(await look()).toEqual(first);
  // One look at cloud and cluster; it took 1 s on two busy cores.
  expect(durationMs).toBeLessThan(5_000);
});

test('when the node that holds VIP and volume dies, both come back elsewhere, the file intact, and the node rejoins', async () => {
  const seen = await status(name);
  const victim = holderOf(seen, 'web');
  const base = `http://${outsideOf(seen, 'web')}`;
  const machineBefore = (await machines(name))[victim];
  const probe = startProbe(`${base}/healthz`);
  await eventually(
    'the probe has an answer',
    10_000,
    async () => probe.attempts.length,
    (tries) => tries > 0,
  );

  const killedAt = await killNode(name, victim);
  const answer = await eventually(
    'another node answers at the VIP',
    VIP_BACK_MS,
    async () => firstAnswerAfter(probe.attempts, killedAt, (said) => said !== victim),
    (found) => found !== undefined,
  );
  const outageMs = (answer?.endedAt ?? Number.POSITIVE_INFINITY) - killedAt;
  expect(outageMs).toBeLessThan(VIP_BACK_MS);
  expect(namesOf(seen)).toContain(answer?.said);

  await timed(`${victim} killed, member again`, () =>
    eventually(
      `${victim} is online`,
      MEMBER_BACK_MS,
      () => status(name),
      (now) => nodeOf(now, victim).state === 'online',
    ),
  );
  say(
    `${victim} killed, VIP answers on ${answer?.said} after ${seconds(outageMs)}, longest gap ${seconds(longestGapMs(probe.stop()))}`,
  );
  const after = await eventuallyReady(name, 60_000);
  expect(await eventuallyFenced(name)).toEqual([victim]);
  expect((await machines(name))[victim]).not.toBe(machineBefore);

  const holder = holderOf(after, 'web');
  expect(holder).toBe(answer?.said);
  expect(volumeOf(after, 'data').mountedOn).toBe(holder);
  expect(await execDone(name, holder, ['findmnt', '--noheadings', '--output', 'TARGET', '/srv/data'])).toBe(
    '/srv/data\n',
  );
  expect(await httpGet(`${base}/letters/one.txt`)).toEqual({ statusCode: 200, body: letter });
}, 240_000);

test('delete leaves nothing', async () => {
  await timed('delete', () => remove(name));
  expect(difference([name], before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
  expect((await list()).map((line) => line.name)).not.toContain(name);
});
