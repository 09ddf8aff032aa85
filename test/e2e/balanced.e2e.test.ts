/**
 * Scenario 2: two load balancers in front of three nodes, and a client that sends 100 requests a second through the
 * VIP, each by a new connection, while a configuration changes, a VIP moves, a load balancer dies, a node behind
 * dies and the tier behind grows and shrinks. What is planned loses nothing; what dies loses what is stated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from './harness/eventually.ts';
import { eventuallyFenced, eventuallyReady, holderOf, nodeOf, outsideOf } from './harness/facts.ts';
import { firstAnswerAfter, type Toll, tollOf } from './harness/gaps.ts';
import { killNode } from './harness/harm.ts';
import { httpGet, startProbe } from './harness/http-probe.ts';
import { MEMBER_BACK_MS, VIP_BACK_MS } from './harness/limits.ts';
import { apply, execDone, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { exampleText } from './harness/spec-text.ts';

const name = 'e2e-balanced';
const { specFile } = scenarioOf(name);
const example = exampleText('balanced', name);

const PERIOD_MS = 10;
/** As patient as a client usually is: TCP asks again after a second when an address was on its way. */
const PATIENCE_MS = 8_000;
/** Stated: no client is without any answer for longer when a node behind dies: the others go on. */
const OTHERS_ANSWER_MS = 1_000;
/** Stated: what the dead node was answering just then; a request takes milliseconds, one comes every ten. */
const UNDER_WAY = 5;

let before: Snapshot;
let url: string;

/** Sends requests while `work` goes on, and a little longer; says what it cost them. */
async function underLoad(what: string, work: () => Promise<void>): Promise<Toll> {
  const probe = startProbe(url, PERIOD_MS, PATIENCE_MS);
  await sleep(500);
  await work();
  await sleep(500);
  const begun = probe.stop().length;
  // Those under way end on their own, with an answer or without.
  await sleep(PATIENCE_MS / 4);
  const toll = tollOf(probe.attempts);
  const failures = [...new Set(probe.attempts.filter(({ ok }) => !ok).map(({ said }) => said))];
  say(
    `${what}: ${toll.failed} of ${toll.asked} requests failed, longest time without an answer ${seconds(toll.gapMs)}, slowest answer ${seconds(toll.slowestMs)}${failures.length > 0 ? ` (${failures.slice(0, 3).join('; ')})` : ''}`,
  );
  expect(begun).toBeGreaterThan(50);
  return toll;
}

const answering = async (): Promise<readonly string[]> => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => httpGet(url)));
  return [...new Set(answers.map(({ body }) => body.trim()))].toSorted();
};

const eventuallyAnswering = (nodes: readonly string[], withinMs: number) =>
  eventually(`${nodes.join(', ')} answer behind the VIP`, withinMs, answering, (seen) => seen.join() === nodes.join());

test('apply makes two clusters of their own, and every node behind answers through the VIP', async () => {
  before = await takeSnapshot();
  await timed('create', () => apply(specFile('deployment.yaml', example)));
  const seen = await eventuallyReady(name, 30_000);
  expect(seen.clusters).toMatchObject([
    { name: 'app', quorate: true, fencing: 'armed', members: 3, online: 3 },
    { name: 'lb', quorate: true, fencing: 'armed', members: 2, online: 2 },
  ]);
  expect(holderOf(seen, 'web')).toMatch(/^lb-/);
  url = `http://${outsideOf(seen, 'web')}/`;
  await eventuallyAnswering(['app-1', 'app-2', 'app-3'], 30_000);
}, 240_000);

test('the service learns the address of the client, and not what a client claims', async () => {
  const said = (await httpGet(`${url}client`)).body.trim();
  expect(said).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  // Asked from this host, so it is none of the load balancers' own addresses.
  const own = (await status(name)).nodes.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  expect(own).not.toContain(said);
});

test('another configuration is taken over without losing a request', async () => {
  const changed = specFile('changed.yaml', example.replace('balance: leastconn', 'balance: roundrobin'));
  const toll = await underLoad('another configuration', async () => void (await apply(changed)));
  expect(toll.failed).toBe(0);
  for (const node of ['lb-1', 'lb-2'])
    expect(await execDone(name, node, ['grep', '-c', 'balance roundrobin', '/etc/haproxy/haproxy.cfg'])).toBe('1\n');
}, 180_000);

test('a VIP that is moved on purpose loses no request', async () => {
  const holder = holderOf(await status(name), 'web');
  const standby = (value: 'on' | 'off') => execDone(name, 'lb-1', ['crm_standby', '--node', holder, '--update', value]);
  const toll = await underLoad('VIP moved', async () => {
    await standby('on');
    await eventually(
      'the other one holds the VIP, and nothing runs on the drained one',
      60_000,
      () => status(name),
      (now) => ![null, holder].includes(now.vips[0]?.heldBy ?? null) && nodeOf(now, holder).holds.services.length === 0,
    );
  });
  await standby('off');
  expect(toll.failed).toBe(0);
  await eventuallyReady(name, 60_000);
}, 180_000);

test('when the load balancer with the VIP dies, the other one takes over, and it comes back', async () => {
  const holder = holderOf(await status(name), 'web');
  let outageMs = Number.POSITIVE_INFINITY;
  const toll = await underLoad(`${holder} killed`, async () => {
    const probe = startProbe(url, 50);
    const killedAt = await killNode(name, holder);
    const answer = await eventually(
      'the VIP answers again',
      VIP_BACK_MS + 1_000,
      async () => firstAnswerAfter(probe.attempts, killedAt + 500),
      (found) => found !== undefined,
    );
    probe.stop();
    outageMs = (answer?.endedAt ?? Number.POSITIVE_INFINITY) - killedAt;
  });
  say(`${holder} killed: VIP answers after ${seconds(outageMs)}`);
  expect(outageMs).toBeLessThan(VIP_BACK_MS);
  expect(toll.gapMs).toBeLessThan(VIP_BACK_MS);
  await timed(`${holder} killed, member again`, () => eventuallyReady(name, MEMBER_BACK_MS));
  expect(await eventuallyFenced(name)).toEqual([holder]);
}, 240_000);

test('when a node behind dies, the others go on at once, and it comes back', async () => {
  const victim = 'app-2';
  const toll = await underLoad(`${victim} killed`, async () => {
    await killNode(name, victim);
    await sleep(5_000);
  });
  expect(toll.failed).toBeLessThanOrEqual(UNDER_WAY);
  expect(toll.gapMs).toBeLessThan(OTHERS_ANSWER_MS);
  await timed(`${victim} killed, member again`, () => eventuallyReady(name, MEMBER_BACK_MS));
  await eventuallyAnswering(['app-1', 'app-2', 'app-3'], 30_000);
}, 240_000);

test('a node that joins behind gets traffic, and one that leaves loses none', async () => {
  const grown = specFile('grown.yaml', example.replace('nodes: 3', 'nodes: 4'));
  const joined = await underLoad('app-4 joins', async () => void (await apply(grown)));
  expect(joined.failed).toBe(0);
  await eventuallyAnswering(['app-1', 'app-2', 'app-3', 'app-4'], 30_000);
  const shrunk = specFile('shrunk.yaml', example);
  const left = await underLoad('app-4 leaves', async () => void (await apply(shrunk)));
  expect(left.failed).toBe(0);
  await eventuallyAnswering(['app-1', 'app-2', 'app-3'], 30_000);
}, 180_000);

test('delete leaves nothing', async () => {
  await timed('delete', () => remove(name));
  expect(difference([name], before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
});
