/**
 * A cluster is cut in two: the heartbeat of the node that holds everything is dropped, while services network
 * and cloud stay reachable from both sides. At no instant may two nodes hold the VIP or have the volume mounted;
 * exactly one node is fenced; once healed, all are members again. Watched from the host, every 20 ms, from
 * before the cut until after the healing (what the samples cannot show is an overlap shorter than their distance).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './harness/eventually.ts';
import {
  eventuallyFenced,
  eventuallyReady,
  fencedIn,
  holderOf,
  machines,
  namesOf,
  outsideOf,
  vipOf,
} from './harness/facts.ts';
import { firstAnswerAfter } from './harness/gaps.ts';
import { cutHeartbeat } from './harness/harm.ts';
import { heldTwice, longestBlindMs, renderHolding } from './harness/holding.ts';
import { startProbe } from './harness/http-probe.ts';
import { apply, exec, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { changedText } from './harness/spec-text.ts';
import { watchHolding } from './harness/watch-holding.ts';

const sizes = [2, 3];
const nameOf = (nodes: number): string => `e2e-split-${nodes}`;
const { specFile } = scenarioOf(...sizes.map(nameOf));

const MOUNT = '/srv/data';
/** Without claims, the first one ended with both nodes off. */
const DUELS = Number(process.env['QUORATE_TEST_DUELS'] ?? 2);

/** A busy host may pause the sampler; longer than this, and the samples would prove too little. */
const BLIND_MS = 500;

beforeAll(async () => {
  await timed('create both', () =>
    Promise.all(
      sizes.map((nodes) => {
        const text = changedText(nameOf(nodes), (spec) => {
          spec.cluster.nodes = nodes;
        });
        return apply(specFile(`${nodes}.yaml`, text));
      }),
    ),
  );
}, 240_000);

describe.each(sizes)('a cluster of %i', (nodes) => {
  const name = nameOf(nodes);

  test('cut in two never has two holders, fences exactly one node, and is whole again when healed', async () => {
    const seen = await eventuallyReady(name, 30_000);
    const holder = holderOf(seen, 'web');
    const machinesBefore = await machines(name);
    const watch = await watchHolding({
      deployment: name,
      nodes: namesOf(seen),
      address: vipOf(seen, 'web').address,
      mount: MOUNT,
    });
    const probe = startProbe(`http://${outsideOf(seen, 'web')}/healthz`, 100);

    const cutAt = performance.now();
    const cut = await cutHeartbeat(name, holder);
    const fenced = await timed(`${nodes} nodes: ${holder} cut off, one fenced`, () =>
      eventually(
        'one node was fenced',
        60_000,
        async () => fencedIn(await status(name)),
        ({ length }) => length > 0,
      ),
    );
    const answer = await eventually(
      'the VIP answers',
      60_000,
      async () => firstAnswerAfter(probe.attempts, performance.now() - 1_000),
      Boolean,
    );
    expect(answer?.said).toBeOneOf(namesOf(seen).filter((node) => !fenced.includes(node)));

    // Back, but still alone: it must neither shoot nor serve. dc-deadtime (2 s) and its first election are over by then.
    const [loner = ''] = fenced;
    await eventually(
      `Pacemaker runs on ${loner}`,
      120_000,
      () => exec(name, loner, ['crmadmin', '--status', loner]),
      ({ exitCode }) => exitCode === 0,
    );
    await sleep(8_000);
    expect(fencedIn(await status(name))).toEqual(fenced);

    await cut.heal();
    const healedAt = performance.now();
    await eventuallyReady(name, 60_000);
    say(
      `${nodes} nodes: healed, all members again: ${seconds(performance.now() - healedAt)}; cut for ${seconds(healedAt - cutAt)}`,
    );
    probe.stop();
    const samples = await watch.stop();
    const blindMs = longestBlindMs(samples);
    say(`${nodes} nodes: VIP: ${renderHolding(samples, 'vip')}; volume: ${renderHolding(samples, 'mount')}`);
    say(`${nodes} nodes: ${samples.length} samples, longest distance ${blindMs} ms`);
    expect(heldTwice(samples)).toEqual([]);
    expect(blindMs).toBeLessThan(BLIND_MS);

    const machinesAfter = await machines(name);
    expect(namesOf(seen).filter((node) => machinesAfter[node] !== machinesBefore[node])).toEqual(fenced);
    expect(await eventuallyFenced(name)).toEqual(fenced);
    expect(fenced).toHaveLength(1);
    // Three: the side without a majority loses. Two: the one that holds resources wins (priority-fencing-delay).
    expect(fenced.includes(holder)).toBe(nodes > 2);
  }, 240_000);

  test('the watch sees two holders where there are two', async () => {
    const seen = await status(name);
    const { address } = vipOf(seen, 'web');
    const [other = ''] = namesOf(seen).filter((node) => node !== holderOf(seen, 'web'));
    const watch = await watchHolding({ deployment: name, nodes: namesOf(seen), address, mount: MOUNT });
    const wrong = `ip address add ${address}/24 dev eth1 && mkdir -p ${MOUNT} && mount --bind /tmp ${MOUNT} && sleep 0.2; ip address delete ${address}/24 dev eth1; umount ${MOUNT}`;
    expect(await exec(name, other, ['sh', '-c', wrong])).toMatchObject({ exitCode: 0 });
    const held = heldTwice(await watch.stop());
    expect(new Set(held.map(({ what }) => what))).toEqual(new Set(['vip', 'mount']));
    expect(held.every(({ nodes: both }) => both.includes(other) && both.length === 2)).toBe(true);
  }, 180_000);
});

test('two nodes that fence each other at the same instant: one is left, and starts the other again', async () => {
  const name = nameOf(2);
  for (let round = 1; round <= DUELS; round += 1) {
    const seen = await eventuallyReady(name, 60_000);
    const before = await machines(name);
    const [one = '', two = ''] = namesOf(seen);
    // Both wait for one instant of their common clock; two seconds are enough to start both commands.
    const instant = Date.now() + 2_000;
    const shoot = (by: string, target: string) =>
      exec(name, by, [
        'sh',
        '-c',
        `while [ $(date +%s%3N) -lt ${instant} ]; do :; done; fence_quorate -o reboot -n ${target}`,
      ]);
    const ended = Promise.all([shoot(one, two), shoot(two, one)]);
    const after = await eventually(
      'one node was started again, and both run',
      60_000,
      async () => {
        await sleep(Math.max(0, instant + 1_000 - Date.now()));
        return machines(name);
      },
      (now) =>
        namesOf(seen).some((node) => now[node] !== before[node]) &&
        Object.values(now).every((is) => is.startsWith('Running')),
    );
    await ended;
    const restarted = namesOf(seen).filter((node) => after[node] !== before[node]);
    say(`duel ${round}: ${restarted.join(' and ')} was started again`);
    expect(restarted).toHaveLength(1);
  }
}, 240_000);
