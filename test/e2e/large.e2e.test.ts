/**
 * A core of three and two roles of three remote nodes: a role's services run on its nodes and nowhere else, whoever
 * dies, down to the role's last node, and the core's own coordinator while a remote node dies.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { StatusView } from '../../src/commands/status-view.ts';
import { eventually } from './harness/eventually.ts';
import {
  eventuallyReady,
  fencedIn,
  holderOf,
  invocation,
  machines,
  namesOf,
  outsideOf,
  serviceNodes,
} from './harness/facts.ts';
import { firstAnswerAfter, longestGapMs } from './harness/gaps.ts';
import { killNode } from './harness/harm.ts';
import { httpGet, startProbe } from './harness/http-probe.ts';
import { UNDISTURBED_MS } from './harness/limits.ts';
import { apply, execDone, remove, status } from './harness/quorate.ts';
import { say, seconds, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { watchProgram } from './harness/watch-program.ts';

const name = 'e2e-large';
const { specFile } = scenarioOf(name);

type Sized = { flavor: string };
type LargeText = { name: string; cluster: Sized; roles: Record<'web' | 'archive', Sized & { nodes: number }> };

/** The example under another name, on the smallest nodes, with so many web nodes. */
function largeText(webNodes = 3): string {
  const spec = parse(
    readFileSync(new URL('../../examples/large/deployment.yaml', import.meta.url), 'utf8'),
  ) as LargeText;
  spec.name = name;
  for (const sized of [spec.cluster, ...Object.values(spec.roles)]) sized.flavor = 'tiny';
  spec.roles.web.nodes = webNodes;
  return stringify(spec);
}

const core = ['core-1', 'core-2', 'core-3'];
const web = ['web-1', 'web-2', 'web-3'];
const archive = ['archive-1', 'archive-2', 'archive-3'];

/** Fenced, booted, and connected again: the cluster tries a lost connection once a minute. */
const BACK_MS = 150_000;

let before: Snapshot;
let watch: ReturnType<typeof watchProgram>;

const online = (seen: StatusView): readonly string[] =>
  seen.nodes.filter(({ state }) => state === 'online').map((node) => node.name);

test('core and roles come up, and every service runs on the nodes of its role alone', async () => {
  before = await takeSnapshot();
  await timed('create three members and six remote nodes', () => apply(specFile('large.yaml', largeText())));
  const seen = await eventuallyReady(name, 30_000);
  expect(namesOf(seen)).toEqual([...core, ...web, ...archive]);
  expect(fencedIn(seen)).toEqual([]);
  expect(serviceNodes(seen, 'www')).toEqual(web);
  expect(web).toContain(holderOf(seen, 'site'));
  expect(archive).toContain(holderOf(seen, 'archive'));
  expect(serviceNodes(seen, 'files')).toEqual([holderOf(seen, 'archive')]);
  expect((await httpGet(`http://${outsideOf(seen, 'site')}/`)).body.trim()).toBe(holderOf(seen, 'site'));
  // From here on until the roles are scaled: what really runs on each node, by the host's own process table.
  watch = watchProgram(name, [...core, ...web, ...archive], 'nginx');
}, 480_000);

test('a role whose nodes die but for one is managed on, and its services run on the last', async () => {
  const seen = await status(name);
  const last = archive.find((node) => node !== holderOf(seen, 'archive')) as string;
  const victims = archive.filter((node) => node !== last);
  await timed('all but one of a role die: its service is on the last', async () => {
    await Promise.all(victims.map((node) => killNode(name, node)));
    await eventually(
      `files on ${last}`,
      120_000,
      () => status(name),
      (now) => serviceNodes(now, 'files').join() === last && holderOf(now, 'archive') === last,
    );
  });
  expect(await execDone(name, last, ['systemctl', 'is-active', 'nginx'])).toBe('active\n');
  expect(await execDone(name, last, ['findmnt', '--noheadings', '--output', 'TARGET', '/srv/archive'])).toBe(
    '/srv/archive\n',
  );
  const back = await timed('the dead are fenced and back', () => eventuallyReady(name, BACK_MS));
  expect([...fencedIn(back)].toSorted()).toEqual(victims);
  expect(serviceNodes(back, 'www')).toEqual(web);
}, 480_000);

test("the core's coordinator dies while a remote node does, and both heal", async () => {
  const seen = await status(name);
  const dc = seen.clusters[0]?.dc as string;
  const victim = holderOf(seen, 'site');
  const probe = startProbe(`http://${outsideOf(seen, 'site')}/`);
  const [killedAt] = await Promise.all([killNode(name, victim), killNode(name, dc)]);
  // Where the connection to the victim died with the coordinator, Pacemaker tries it from another member for 20 s before
  // it fences, and the victim may be back so soon then that it is given the address again.
  await timed('the address answers again from its role', () =>
    eventually(
      'site answers',
      120_000,
      () => status(name),
      (now) => {
        const holder = holderOf(now, 'site');
        const moved = web.includes(holder) && (holder !== victim || fencedIn(now).includes(victim));
        return moved && firstAnswerAfter(probe.attempts, killedAt, (said) => said === holder) !== undefined;
      },
    ),
  );
  say(`longest gap of the service: ${seconds(longestGapMs(probe.stop()))}`);
  const back = await timed('both are back', () => eventuallyReady(name, BACK_MS));
  expect(fencedIn(back)).toEqual(expect.arrayContaining([dc, victim]));
  expect(online(back)).toEqual([...core, ...web, ...archive]);
}, 480_000);

test('no service ever ran on a node of another role, or of the core', async () => {
  const ran = await watch.stop();
  expect([...ran].filter((node) => core.includes(node))).toEqual([]);
  // The watch can see: a clone on all of its role, and the other role's nodes that took turns.
  expect([...ran].filter((node) => web.includes(node)).toSorted()).toEqual(web);
});

test('a role shrinks to one node and grows again, and who stays notices nothing', async () => {
  const fenced = fencedIn(await status(name));
  const untouched = await invocation(name, holderOf(await status(name), 'archive'), 'nginx');
  await timed('three web nodes become one', () => apply(specFile('one.yaml', largeText(1))));
  const one = await eventuallyReady(name, 30_000);
  expect(namesOf(one)).toEqual([...core, 'web-1', ...archive]);
  expect(holderOf(one, 'site')).toBe('web-1');
  expect(Object.keys(await machines(name)).toSorted()).toEqual([...archive, ...core, 'web-1']);
  expect(await execDone(name, 'core-1', ['cibadmin', '--query'])).not.toMatch(/web-[23]/);

  const stayed = await invocation(name, 'web-1', 'nginx');
  const probe = startProbe(`http://${outsideOf(one, 'site')}/`);
  await timed('one web node becomes two', () => apply(specFile('two.yaml', largeText(2))));
  const two = await eventuallyReady(name, 30_000);
  expect(longestGapMs(probe.stop())).toBeLessThan(UNDISTURBED_MS);
  // A removed node's number is not used again.
  expect(serviceNodes(two, 'www')).toEqual(['web-1', 'web-4']);
  expect(await invocation(name, 'web-1', 'nginx')).toBe(stayed);
  expect(await invocation(name, holderOf(two, 'archive'), 'nginx')).toBe(untouched);
  expect(fencedIn(two)).toEqual(fenced);
}, 480_000);

test('deleting it leaves nothing', async () => {
  await timed('delete', () => remove(name));
  expect(difference(name, before, await takeSnapshot())).toEqual({ appeared: [], vanished: [] });
}, 120_000);
