/**
 * The main job on a real OpenStack: three guests of our image become a quorate cluster with nobody's help; the one that
 * serves loses its power and nothing else is lost; deleting leaves nothing.
 */
import { expect, it } from 'vitest';
import { eventually } from '../e2e/harness/eventually.ts';
import { eventuallyFenced, holderOf, nodeOf, outsideOf, volumeOf } from '../e2e/harness/facts.ts';
import { httpGet, httpPut } from '../e2e/harness/http-probe.ts';
import { exec, status } from '../e2e/harness/quorate.ts';
import { timed } from '../e2e/harness/report.ts';
import { onGuests, PATIENCE_MS } from './on-guests.ts';

const name = 'real-basic';
const letter = `kept whoever serves it: ${'0123456789abcdef'.repeat(4096)}`;
const guests = onGuests(name, 'basic', () => undefined);

it('makes a quorate cluster of three with fencing armed and an address that answers', async () => {
  await guests.apply();
  const seen = await guests.ready();
  expect(seen.clusters).toMatchObject([{ quorate: true, fencing: 'armed', members: 3, online: 3 }]);
  expect(seen.hosts.length).toBeGreaterThan(0);
  const answer = await httpGet(`http://${outsideOf(seen, 'web')}/healthz`, 30_000);
  expect([answer.statusCode, answer.body.trim()]).toEqual([200, holderOf(seen, 'web')]);
  expect(volumeOf(seen, 'data').mountedOn).toBe(holderOf(seen, 'web'));
});

it('has nothing left to do then', async () => {
  expect(await guests.planned()).toMatchObject({ done: true });
});

it('is adopted from the cloud alone by whoever has the key', async () => {
  const { clusters, nodes, vips, volumes, services } = await status(name);
  expect(await guests.adopted()).toMatchObject({ state: 'ready', clusters, nodes, vips, volumes, services });
});

it('serves from another node when the one that held all loses its power, the file intact, the node fenced and back', async () => {
  const seen = await status(name);
  const victim = holderOf(seen, 'web');
  const base = `http://${outsideOf(seen, 'web')}`;
  expect((await httpPut(`${base}/letters/one.txt`, letter, 60_000)).statusCode).toBe(201);
  // It answers nobody any more, this command included.
  void exec(name, victim, ['poweroff', '-ff']);
  await timed(`${victim} without power, another one answers`, () =>
    eventually(
      'another node answers at the VIP',
      PATIENCE_MS,
      async () => (await httpGet(`${base}/healthz`, 10_000)).body.trim(),
      (said) => said !== victim,
    ),
  );
  expect(await httpGet(`${base}/letters/one.txt`, 60_000)).toEqual({ statusCode: 200, body: letter });
  await timed(`${victim} a member again`, () =>
    eventually(
      `${victim} is online`,
      PATIENCE_MS,
      () => status(name),
      (now) => nodeOf(now, victim).state === 'online',
    ),
  );
  expect(await eventuallyFenced(name)).toEqual([victim]);
  const after = await guests.ready();
  expect(holderOf(after, 'web')).not.toBe(victim);
  expect(volumeOf(after, 'data').mountedOn).toBe(holderOf(after, 'web'));
});

it('leaves nothing', async () => {
  expect(await guests.removed()).toEqual({ appeared: [], vanished: [] });
});
