/** A core of two and two roles, one of a single node, all of them guests that run: five in all. */
import { expect, it } from 'vitest';
import { eventually } from '../e2e/harness/eventually.ts';
import { eventuallyFenced, holderOf, nodeOf, outsideOf, serviceNodes, volumeOf } from '../e2e/harness/facts.ts';
import { httpGet } from '../e2e/harness/http-probe.ts';
import { exec, status } from '../e2e/harness/quorate.ts';
import { timed } from '../e2e/harness/report.ts';
import { onGuests, PATIENCE_MS } from './on-guests.ts';

const name = 'real-large';
const guests = onGuests(name, 'large', (spec) => {
  spec.cluster['nodes'] = 2;
  Object.assign(spec.roles?.['web'] ?? {}, { nodes: 2 });
  Object.assign(spec.roles?.['archive'] ?? {}, { nodes: 1 });
});

it('makes a core that runs every service on its role', async () => {
  await guests.apply();
  const seen = await guests.ready();
  expect(seen.clusters).toMatchObject([{ name: 'core', quorate: true, fencing: 'armed', members: 2, online: 2 }]);
  expect(serviceNodes(seen, 'www')).toEqual(['web-1', 'web-2']);
  expect(serviceNodes(seen, 'files')).toEqual(['archive-1']);
  expect(holderOf(seen, 'archive')).toBe('archive-1');
  expect(volumeOf(seen, 'archive-data').mountedOn).toBe('archive-1');
  const answer = await httpGet(`http://${outsideOf(seen, 'site')}/`, 30_000);
  expect([answer.statusCode, answer.body.trim()]).toEqual([200, holderOf(seen, 'site')]);
});

it('is adopted from the cloud alone by whoever has the key', async () => {
  const { clusters, nodes, vips, volumes, services } = await status(name);
  expect(await guests.adopted()).toMatchObject({ state: 'ready', clusters, nodes, vips, volumes, services });
});

it('goes on at the last node of a role when the other loses its power, and has both again', async () => {
  const seen = await status(name);
  const victim = holderOf(seen, 'site');
  const url = `http://${outsideOf(seen, 'site')}/`;
  void exec(name, victim, ['poweroff', '-ff']);
  await timed(`${victim} without power, the other one answers`, () =>
    eventually(
      'the other node of the role answers',
      PATIENCE_MS,
      async () => (await httpGet(url, 10_000)).body.trim(),
      (said) => said !== victim && said.startsWith('web-'),
    ),
  );
  await timed(`${victim} connected again`, () =>
    eventually(
      `${victim} is online`,
      PATIENCE_MS,
      () => status(name),
      (now) => nodeOf(now, victim).state === 'online',
    ),
  );
  expect(await eventuallyFenced(name)).toEqual([victim]);
  expect(serviceNodes(await guests.ready(), 'www')).toEqual(['web-1', 'web-2']);
});

it('leaves nothing', async () => {
  expect(await guests.removed()).toEqual({ appeared: [], vanished: [] });
});
