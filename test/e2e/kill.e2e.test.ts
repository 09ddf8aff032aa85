/**
 * Killed at any moment of `apply` or `delete`, the same command goes on and ends as if nothing had happened. The
 * instants are spread by what the program tells of its progress, and within that at random: what it does to the
 * cloud takes two seconds, and then it only waits for the cluster.
 * `QUORATE_TEST_SEED=n` makes the run with that seed again.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './harness/eventually.ts';
import { eventuallyReady, holderOf, outsideOf, volumeOf } from './harness/facts.ts';
import { httpGet } from './harness/http-probe.ts';
import { projectOf, readIncus, stateDirectory } from './harness/incus.ts';
import { type Instant, quorateKilled, randomOf, renderInstant } from './harness/killed.ts';
import { apply, execDone, list, quorateDone, remove } from './harness/quorate.ts';
import { say, timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { bridgePrefix, difference, type Snapshot, takeSnapshot } from './harness/snapshot.ts';
import { changedText } from './harness/spec-text.ts';

const name = 'e2e-kill';
const { specFile } = scenarioOf(name);
const file = specFile(
  'deployment.yaml',
  changedText(name, (spec) => {
    spec.cluster.nodes = 2;
  }),
);

const seed = Number(process.env['QUORATE_TEST_SEED'] ?? Date.now() % 1_000_000);
const random = randomOf(seed);

/** `plusMs`: a random time below the one that this part took on two busy cores. */
const within = (partMs: number, after?: RegExp): Instant => ({
  plusMs: random(partMs),
  ...(after === undefined ? {} : { after }),
});
const starting = () => within(250);
const preparing = () => within(200, /node image: /);
const tenant = () => within(300, /make the tenant/);
const ground = () => within(400, /make network cluster/);
const booting = () => within(700, /boot app-1/);
const joining = () => within(3_000, /waiting for a member/);
const settling = () => within(3_000, /waiting for quorum/);
const removing = () => within(1_200, /remove everything/);
/** Of a second try: which lines come depends on what Incus has finished of the first. */
const anywhere = () => ({ plusMs: 300 + random(1_500) });

let before: Snapshot;
/** What some other run that was killed has left: the next one that needs it takes it over. */
let unfinishedBefore: readonly string[];
let kills = 0;
let missed = 0;

beforeAll(async () => {
  say(`seed ${seed}`);
  before = await takeSnapshot();
  unfinishedBefore = unfinishedFiles();
});

async function kill(args: readonly string[], instant: Instant): Promise<void> {
  const { hit, told } = await quorateKilled(args, instant);
  kills += 1;
  if (!hit) missed += 1;
  say(`${args[0]} killed ${renderInstant(instant)}${hit ? '' : ', when it had ended'}; it had told:${told}`);
}

const killApply = (instant: Instant) => kill(['apply', '-f', file], instant);
const killDelete = (instant: Instant) => kill(['delete', name, '--yes'], instant);

describe('apply, killed and run again, ends with one of everything', () => {
  test.each([
    ['while it begins, and while it makes the tenant', [starting(), preparing(), tenant()]],
    ['while it makes networks and volumes, and after', [ground(), anywhere()]],
    ['while nodes boot, and twice after', [booting(), anywhere(), anywhere()]],
    ['while nodes join, and while the cluster settles', [joining(), settling()]],
  ])('killed %s', async (_when, instants) => {
    for (const instant of instants) await killApply(instant);
    await timed('apply after that', () => apply(file));
    await expectOneOfEverything();
    await killDelete(removing());
    await expectGone();
  });
});

describe('delete, killed, or of what was never finished, leaves nothing', () => {
  test.each([
    ['while it began', starting(), []],
    ['while it made the tenant', tenant(), [starting()]],
    ['while it made the tenant, again', tenant(), []],
    ['while it made networks and volumes', ground(), [removing(), anywhere()]],
    ['while it made networks and volumes, again', ground(), []],
    ['while nodes booted', booting(), [removing()]],
    ['while nodes booted, again', booting(), [removing(), anywhere()]],
    ['while the cluster settled', settling(), [starting(), removing()]],
  ])('of what was applied until it was killed %s', async (_when, instant, deletions) => {
    await killApply(instant);
    // Killed before it had stored the wish: then there is nothing to delete, and that is an answer too.
    const known = (await list()).some((line) => line.name === name);
    if (known) for (const deletion of deletions) await killDelete(deletion);
    await expectGone(known);
  });

  test('and nearly every kill met the program at work', () => {
    say(`${kills - missed} of ${kills} kills met it at work`);
    expect(kills).toBeGreaterThanOrEqual(20);
    expect(missed).toBeLessThanOrEqual(kills / 4);
  });
});

const rendered = mkdtempSync(join(tmpdir(), 'e2e-rendered-'));
afterAll(() => rmSync(rendered, { recursive: true }));

async function expectOneOfEverything(): Promise<void> {
  const seen = await eventuallyReady(name, 30_000);
  const { statusCode, body } = await httpGet(`http://${outsideOf(seen, 'web')}/healthz`);
  expect([statusCode, body.trim()]).toEqual([200, holderOf(seen, 'web')]);
  expect(volumeOf(seen, 'data').mountedOn).toBe(holderOf(seen, 'web'));

  const bridge = bridgePrefix(name);
  const made = difference([name], before, await takeSnapshot()).appeared;
  const ofIncus = made.filter((line) =>
    /^(project |network |acl default\/|certificate |forward |instance |volume )/.test(line),
  );
  expect(ofIncus.map((line) => line.replace(/[0-9a-f]{64}$|\d+\.\d+\.\d+\.\d+/, '*')).toSorted()).toEqual([
    `acl default/${bridge}s`,
    `certificate ${projectOf(name)} *`,
    `forward * on ${bridge}s`,
    `instance ${projectOf(name)}/app-1`,
    `instance ${projectOf(name)}/app-2`,
    `network ${bridge}c`,
    `network ${bridge}s`,
    `project ${projectOf(name)}`,
    `volume ${projectOf(name)}/quorate-volumes/custom/data`,
    `volume ${projectOf(name)}/quorate/container/app-1`,
    `volume ${projectOf(name)}/quorate/container/app-2`,
  ]);
  expect(leaseHolder()).toBe('');
  await expectAsRendered();
}

/** Every node has the ids, addresses and the one key that an undisturbed run gives it, and the certificate that Incus knows. */
async function expectAsRendered(): Promise<void> {
  await quorateDone(['render', '-f', file, '-o', rendered]);
  const path = readdirSync(rendered, { recursive: true, encoding: 'utf8' }).find((each) =>
    each.endsWith('corosync.conf'),
  );
  const conf = readFileSync(join(rendered, path ?? ''), 'utf8');
  const fingerprintOf = [
    'import hashlib, json, ssl',
    'pem = json.load(open("/etc/quorate/cloud.json"))["certificate"]',
    'print("certificate", hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest())',
  ].join('\n');
  const script = `cat /etc/corosync/corosync.conf; sha256sum </etc/corosync/authkey; python3 -c '${fingerprintOf}'`;
  const [first, second] = await Promise.all(
    ['app-1', 'app-2'].map((node) => execDone(name, node, ['sh', '-c', script])),
  );
  expect(second).toBe(first);
  expect(first?.slice(0, conf.length)).toBe(conf);
  const fingerprint = /^certificate (.*)$/m.exec(first ?? '')?.[1];
  const known = await readIncus<{ name: string; projects: string[] }>(`/1.0/certificates/${fingerprint}`);
  expect(known).toMatchObject({ name: projectOf(name), projects: [projectOf(name)] });
}

async function expectGone(known = true): Promise<void> {
  if (known) await timed('delete after that', () => remove(name));
  expect((await list()).map((line) => line.name)).not.toContain(name);
  // What a killed run had asked Incus for is done by Incus alone; it may take a moment after the answer.
  await eventually(
    'nothing is left',
    5_000,
    async () => {
      const { appeared, vanished } = difference([name], before, await takeSnapshot());
      const unfinished = unfinishedFiles().filter((path) => !unfinishedBefore.includes(path));
      return [...appeared, ...vanished, ...unfinished].filter((line) => ours.test(line));
    },
    (lines) => lines.length === 0,
  );
  expect(leaseHolder()).toBe('');
}

/** What bears the deployment's name, or a file of the state directory; the basic scenario compares all the rest. */
const ours = new RegExp(`${projectOf(name)}(?![a-z0-9-])|${bridgePrefix(name)}|^unfinished `);

/** Locks, halves of files, directories that wait for their name: of processes that are gone. */
const unfinishedFiles = (): readonly string[] =>
  ['', 'agents', 'images']
    .flatMap((directory) => readdirSync(join(stateDirectory, directory)).map((entry) => join(directory, entry)))
    .filter((path) => /\.lock|unfinished-|^key\./.test(path))
    .filter((path) => !existsSync(`/proc/${/\d+$/.exec(path)?.[0] ?? 'nobody'}`))
    .map((path) => `unfinished ${path}`);

/** Who may change the deployment now; nobody, unless somebody was left to be waited for. */
function leaseHolder(): unknown {
  using store = new DatabaseSync(join(stateDirectory, 'quorate.db'), { readOnly: true });
  const row = store.prepare('SELECT holder FROM leases WHERE deployment = ?').get(name);
  return row?.['holder'] ?? '';
}
