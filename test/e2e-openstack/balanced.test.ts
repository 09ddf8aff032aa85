/** One load balancer in front of two nodes, all of them guests that run. */
import { expect, it } from 'vitest';
import { eventually } from '../e2e/harness/eventually.ts';
import { eventuallyFenced, holderOf, outsideOf } from '../e2e/harness/facts.ts';
import { httpGet } from '../e2e/harness/http-probe.ts';
import { exec, status } from '../e2e/harness/quorate.ts';
import { timed } from '../e2e/harness/report.ts';
import { onGuests, PATIENCE_MS } from './on-guests.ts';

const name = 'real-balanced';
const guests = onGuests(name, 'balanced', (spec) => {
  spec.loadBalancers = { ...spec.loadBalancers, nodes: 1 };
  spec.cluster['nodes'] = 2;
});

const answering = async (url: string): Promise<string> => {
  const said = new Set<string>();
  for (let tries = 0; tries < 8; tries += 1) said.add((await httpGet(url, 20_000)).body.trim());
  return [...said].toSorted().join();
};

it('makes two clusters, and every node behind answers through the VIP', async () => {
  await guests.apply();
  const seen = await guests.ready();
  expect(seen.clusters).toMatchObject([
    { name: 'app', quorate: true, fencing: 'armed', members: 2, online: 2 },
    { name: 'lb', quorate: true, fencing: 'armed', members: 1, online: 1 },
  ]);
  expect(seen.because).toContain('nothing takes over');
  expect(holderOf(seen, 'web')).toBe('lb-1');
  const url = `http://${outsideOf(seen, 'web')}/`;
  await eventually(
    'both answer',
    PATIENCE_MS,
    () => answering(url),
    (nodes) => nodes === 'app-1,app-2',
  );
});

it('is adopted from the cloud alone by whoever has the key', async () => {
  const { clusters, nodes, vips, volumes, services } = await status(name);
  expect(await guests.adopted()).toMatchObject({ state: 'ready', clusters, nodes, vips, volumes, services });
});

it('goes on with the other node when one loses its power, and has both again', async () => {
  const url = `http://${outsideOf(await status(name), 'web')}/`;
  void exec(name, 'app-2', ['poweroff', '-ff']);
  await eventually(
    'app-1 answers alone',
    PATIENCE_MS,
    () => answering(url),
    (nodes) => nodes === 'app-1',
  );
  await timed('app-2 without power, serving again', () =>
    eventually(
      'both answer',
      PATIENCE_MS,
      () => answering(url),
      (nodes) => nodes === 'app-1,app-2',
    ),
  );
  expect(await eventuallyFenced(name)).toContain('app-2');
});

it('leaves nothing', async () => {
  expect(await guests.removed()).toEqual({ appeared: [], vanished: [] });
});
