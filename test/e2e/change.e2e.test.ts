/**
 * A living cluster gets another file: a VIP, a volume and a service come, others go. What is in both files
 * goes on as if nothing had happened: the same processes, the same nodes, one change of the CIB.
 */
import { expect, test } from 'vitest';
import {
  configurationChanges,
  eventuallyReady,
  fencedIn,
  holderOf,
  invocation,
  machines,
  namesOf,
  outsideOf,
  volumeOf,
} from './harness/facts.ts';
import { longestGapMs } from './harness/gaps.ts';
import { httpGet, httpPut, startProbe } from './harness/http-probe.ts';
import { UNDISTURBED_MS } from './harness/limits.ts';
import { takenOutsideAddresses } from './harness/outside-range.ts';
import { apply, events, exec, execDone, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { changedText, pagesUnit, type SpecText } from './harness/spec-text.ts';

const name = 'e2e-change';
const { specFile } = scenarioOf(name);

/** www with its VIP and volume in every file; beside it `old` in the first, `fresh` in the second, nothing in the third. */
const text = (vip?: string, port?: number): string =>
  changedText(name, (spec: SpecText) => {
    spec.cluster.files.push(pagesUnit);
    if (vip === undefined || port === undefined) return;
    spec.vips.push({ name: vip, ports: [port] });
    spec.storage.push({ name: `${vip}-data`, sizeGiB: 1, mount: `/srv/${vip}` });
    spec.services.push({ name: `${vip}-pages`, agent: `systemd:pages@${port}`, with: [vip, `${vip}-data`] });
  });

let before: Snapshot;

test('the first file gives two services with a VIP and a volume each', async () => {
  before = await takeSnapshot();
  await timed('create', () => apply(specFile('first.yaml', text('old', 8081))));
  const seen = await eventuallyReady(name, 30_000);
  expect((await httpGet(`http://${outsideOf(seen, 'web')}/healthz`)).statusCode).toBe(200);
  expect((await httpGet(`http://${outsideOf(seen, 'old')}:8081/node`)).body.trim()).toBe(holderOf(seen, 'old'));
}, 240_000);

test('the second file adds and removes in one change of the CIB, and what is in both goes on undisturbed', async () => {
  const first = await status(name);
  const holder = holderOf(first, 'web');
  const web = `http://${outsideOf(first, 'web')}`;
  const old = `http://${outsideOf(first, 'old')}:8081/node`;
  expect((await httpPut(`${web}/kept.txt`, 'kept')).statusCode).toBe(201);
  const look = async () => ({ nginx: await invocation(name, holder, 'nginx'), machines: await machines(name) });
  const untouched = await look();
  const changes = await configurationChanges(name, holder);
  const eventsBefore = (await events(name)).length;

  const probe = startProbe(`${web}/healthz`);
  await timed('change', () => apply(specFile('second.yaml', text('fresh', 8082))));
  const gapMs = longestGapMs(probe.stop());
  say(`longest gap of the untouched service: ${seconds(gapMs)}`);
  const second = await eventuallyReady(name, 30_000);

  const fresh = `http://${outsideOf(second, 'fresh')}:8082/node`;
  expect((await httpGet(fresh)).body.trim()).toBe(holderOf(second, 'fresh'));
  expect(volumeOf(second, 'fresh-data').mountedOn).toBe(holderOf(second, 'fresh'));
  expect(
    await execDone(name, holderOf(second, 'fresh'), ['findmnt', '--noheadings', '--output', 'TARGET', '/srv/fresh']),
  ).toBe('/srv/fresh\n');
  expect(second.vips.map((vip) => vip.name)).toEqual(['web', 'fresh']);
  expect(second.services.map((service) => service.name)).toEqual(['www', 'fresh-pages']);
  await expect(httpGet(old, 1_000)).rejects.toThrow(/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|no answer within/);

  expect(await look()).toEqual(untouched);
  expect(gapMs).toBeLessThan(UNDISTURBED_MS);
  expect((await configurationChanges(name, holder)) - changes).toBe(1);
  const steps = (await events(name)).slice(eventsBefore).filter(({ kind }) => kind === 'step-finished');
  expect(steps.filter(({ data }) => (data as { step?: string } | undefined)?.step === 'update-resources')).toHaveLength(
    1,
  );
  expect(holderOf(second, 'web')).toBe(holder);
  expect(await httpGet(`${web}/kept.txt`)).toEqual({ statusCode: 200, body: 'kept' });
  expect(fencedIn(second)).toEqual([]);
}, 240_000);

test('the third file only takes away, and nobody outside reaches any more what is gone', async () => {
  const second = await status(name);
  const holder = holderOf(second, 'web');
  const untouched = await invocation(name, holder, 'nginx');
  const fresh = outsideOf(second, 'fresh');
  await timed('removal', () => apply(specFile('third.yaml', text())));
  const third = await eventuallyReady(name, 30_000);
  expect([third.vips.length, third.volumes.length, third.services.length]).toEqual([1, 1, 1]);
  expect(await takenOutsideAddresses()).not.toContain(fresh);
  expect(await invocation(name, holder, 'nginx')).toBe(untouched);
  for (const node of namesOf(third)) {
    const { stdout } = await exec(name, node, [
      'sh',
      '-c',
      'findmnt --noheadings /srv/fresh; systemctl is-active pages@8082',
    ]);
    expect([node, stdout]).toEqual([node, 'inactive\n']);
  }
}, 240_000);

test('delete leaves nothing, of what was removed before neither', async () => {
  await timed('delete', () => remove(name));
  expect(difference([name], before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
}, 180_000);
