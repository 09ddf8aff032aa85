/**
 * One load balancer, which says that it is alone; then two, which share the VIPs; and one again. A client of both
 * VIPs loses no request by it, nor when one that died comes back.
 */
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from './harness/eventually.ts';
import { eventuallyReady, holderOf, outsideOf } from './harness/facts.ts';
import { tollOf } from './harness/gaps.ts';
import { killNode } from './harness/harm.ts';
import { httpGet, startProbe } from './harness/http-probe.ts';
import { apply, execDone, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { exampleText } from './harness/spec-text.ts';

const name = 'e2e-balanced-sizes';
const { specFile } = scenarioOf(name);

type SpecText = {
  loadBalancers: { nodes: number };
  cluster: { nodes: number };
  vips: { name: string; listen: object[] }[];
};

/** The example with two VIPs, the second one for what answers by its name. */
function sized(loadBalancers: number): string {
  const spec = parse(exampleText('balanced', name)) as SpecText;
  spec.loadBalancers.nodes = loadBalancers;
  spec.cluster.nodes = 2;
  spec.vips.push({ name: 'also', listen: [{ port: 80, to: 'www:8080', check: { http: '/' } }] });
  return stringify(spec);
}

const PATIENCE_MS = 8_000;
/** TCP asks again after a second when an address was on its way; moving it takes less than half of one. */
const COMES_HOME_MS = 2_000;
const vips = ['web', 'also'] as const;

let before: Snapshot;

test('one load balancer holds both VIPs, has quorum by itself, and says that nothing takes over from it', async () => {
  before = await takeSnapshot();
  await timed('create', () => apply(specFile('one.yaml', sized(1))));
  const seen = await eventuallyReady(name, 30_000);
  expect(seen.because).toContain('cluster lb has one node, so nothing takes over from it');
  expect(seen.clusters[1]).toMatchObject({ name: 'lb', quorate: true, fencing: 'armed', members: 1, online: 1 });
  for (const vip of vips) {
    expect(holderOf(seen, vip)).toBe('lb-1');
    expect((await httpGet(`http://${outsideOf(seen, vip)}/`)).statusCode).toBe(200);
  }
}, 240_000);

/** Applies another number of load balancers under the load of a client of each VIP. */
async function resize(loadBalancers: number): Promise<void> {
  const seen = await status(name);
  const probes = vips.map((vip) => startProbe(`http://${outsideOf(seen, vip)}/`, 20, PATIENCE_MS));
  await timed(`${loadBalancers} load balancers`, () => apply(specFile(`${loadBalancers}.yaml`, sized(loadBalancers))));
  await eventually(
    'both VIPs are where they belong',
    60_000,
    () => status(name),
    (now) => new Set(vips.map((vip) => holderOf(now, vip))).size === loadBalancers,
  );
  const tolls = probes.map((probe) => tollOf(probe.stop()));
  for (const [index, toll] of tolls.entries()) {
    say(
      `${loadBalancers} load balancers, VIP ${vips[index]}: ${toll.failed} of ${toll.asked} requests failed, longest time without an answer ${seconds(toll.gapMs)}`,
    );
    expect(toll).toMatchObject({ failed: 0 });
  }
  await eventuallyReady(name, 60_000);
}

test('a second one joins and takes one of the VIPs', async () => {
  await resize(2);
  expect((await status(name)).because).not.toContain('one node');
  expect(await execDone(name, 'lb-2', ['cat', '/etc/haproxy/haproxy.cfg'])).toBe(
    await execDone(name, 'lb-1', ['cat', '/etc/haproxy/haproxy.cfg']),
  );
}, 240_000);

test('one that dies and comes back takes its VIP back, and only for a moment nobody answers', async () => {
  const url = `http://${outsideOf(await status(name), 'also')}/`;
  await killNode(name, 'lb-2');
  await eventually(
    'lb-1 has taken over',
    60_000,
    () => status(name),
    (now) => holderOf(now, 'also') === 'lb-1',
  );
  const probe = startProbe(url, 20, PATIENCE_MS);
  await eventually(
    'lb-2 has its VIP again',
    120_000,
    () => status(name),
    (now) => holderOf(now, 'also') === 'lb-2',
  );
  await eventuallyReady(name, 60_000);
  const toll = tollOf(probe.stop());
  say(
    `lb-2 came back: ${toll.failed} of ${toll.asked} requests failed, longest time without an answer ${seconds(toll.gapMs)}`,
  );
  expect(toll.failed).toBe(0);
  expect(toll.gapMs).toBeLessThan(COMES_HOME_MS);
}, 240_000);

test('it leaves again, and its VIP goes back', async () => {
  await resize(1);
  expect((await status(name)).vips.map(({ heldBy }) => heldBy)).toEqual(['lb-1', 'lb-1']);
}, 240_000);

test('delete leaves nothing', async () => {
  await timed('delete', () => remove(name));
  expect(difference([name], before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
});
