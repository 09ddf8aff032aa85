/**
 * Bad input and a hostile world, in a local cloud of the test's own: every refusal has its documented exit code,
 * names the cause and the next thing to do, and nothing comes into being that is not told of.
 */
// biome-ignore-all assist/source/organizeImports: own-state.ts sets QUORATE_STATE, which the rest of the harness reads when it loads
import { ownState } from './harness/own-state.ts';

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './harness/eventually.ts';
import { eventuallyReady, machines, outsideOf } from './harness/facts.ts';
import { httpGet } from './harness/http-probe.ts';
import { callIncus, changeIncus, instancesOf, readIncus } from './harness/incus.ts';
import { list, quorate, quorateDone, type Ran, remove, said, status } from './harness/quorate.ts';
import { timed } from './harness/report.ts';
import { scenarioOf } from './harness/scenario.ts';
import { difference, takeSnapshot } from './harness/snapshot.ts';
import { changedText } from './harness/spec-text.ts';

const holder = 'e2e-holder';
const other = 'e2e-other';
const { specFile } = scenarioOf(holder, other);

/** The exit codes of docs/cli.md. */
const exit = { invalid: 3, refused: 4, busy: 7 } as const;

const holderFile = specFile(
  'holder.yaml',
  changedText(holder, (spec) => {
    spec.cluster.nodes = 2;
  }),
);

const smallest = (more = '', name = other): string => `apiVersion: quorate/v1\nname: ${name}\n${more}`;

function expectRefusal(ran: Ran, exitCode: number, ...words: readonly (string | RegExp)[]): void {
  expect(ran.exitCode, said(ran)).toBe(exitCode);
  expect(ran.stdout).toBe('');
  for (const word of words) expect(ran.stderr).toMatch(word);
  expect(ran.stderr).not.toMatch(/ {4}at .*\.ts:\d+/);
}

const applyText = (text: string): Promise<Ran> => quorate(['apply', '-f', '-'], { input: text });

/** Comes and goes on a machine with other work in these minutes: scratch files, interfaces that hang on no bridge. */
const ofAnybody = new RegExp(`^(file ${tmpdir()}/quorate-|link veth\\S+$)`);

/** Runs what must be refused, and that nothing of Incus, the host and the state directory differs afterwards. */
async function expectRefusedWithoutTrace(text: string, exitCode: number, ...words: readonly (string | RegExp)[]) {
  const before = await takeSnapshot();
  const ran = await applyText(text);
  expectRefusal(ran, exitCode, ...words);
  const { appeared, vanished } = difference([holder, other], before, await takeSnapshot());
  expect([...appeared, ...vanished].filter((line) => !ofAnybody.test(line))).toEqual([]);
  return ran;
}

describe('a file that is wrong', () => {
  test('is refused with all its problems at once, each with its place, and nothing is stored', async () => {
    const lines = [
      'cluster: {nodes: 1}',
      'vips:',
      '  - {name: web, prots: [80]}',
      'storage:',
      '  - {name: data, sizeGiB: 1, mount: /srv/a}',
      '  - {name: data, sizeGiB: 1, mount: /srv/b}',
      '',
    ];
    const text = smallest(lines.join('\n'));
    const ran = await expectRefusedWithoutTrace(text, exit.invalid, 'error: the file has 3 errors');
    expect(placesOf(ran)).toEqual([
      'stdin:3:18 cluster.nodes',
      'stdin:5:17 vips[0].prots',
      'stdin:8:12 storage[1].name',
    ]);
    expect(ran.stderr).toMatch(/did you mean `?ports/i);
    expect((await list()).map(({ name }) => name)).not.toContain(other);
  });

  test.each([
    ['a key that is not known', 'storrage: []\n', 'stdin:3:1 storrage', /did you mean `storage`/],
    ['one node', 'cluster: {nodes: 1}\n', 'stdin:3:18 cluster.nodes', /2 to 16/],
    ['seventeen nodes', 'cluster: {nodes: 17}\n', 'stdin:3:18 cluster.nodes', /16/],
    [
      'an address outside the network',
      'networks: {range: 10.9.0.0/21}\nvips:\n  - {name: web, address: 10.8.0.1, ports: [80]}\n',
      'stdin:5:26 vips[0].address',
      /is not in network services \(10\.9\.1\.0\/24\)/,
    ],
  ])('with %s is told where and why', async (_what, more, place, words) => {
    const ran = await expectRefusedWithoutTrace(smallest(more), exit.invalid, words);
    expect(placesOf(ran)).toEqual([place]);
  });

  test.each([
    [
      'a raw primitive without a type',
      'resources: <primitive id="db" class="ocf" provider="heartbeat"/>',
      /<primitive id="db">/,
    ],
    ['raw XML that is cut off', 'resources: <primitive id="db"', /not well-formed/],
    [
      'a constraint on what is not there',
      'constraints: <rsc_order id="o" first="fencing" then="nosuch"/>',
      /nothing has the id nosuch/,
    ],
  ])('with %s is refused before anything is made', async (_what, raw, words) => {
    const section = raw.split(':')[0] ?? '';
    const ran = await expectRefusedWithoutTrace(smallest(`raw:\n  ${raw}\n`), exit.invalid, words);
    expect(placesOf(ran)).toEqual([`stdin:4:${section.length + 5} raw.${section}`]);
  });
});

const placesOf = ({ stderr }: Ran): readonly string[] =>
  [...stderr.matchAll(/^(\S+:\d+:\d+): error\[[a-z-]+\] ([^\s:]+):/gm)].map(([, place, path]) => `${place} ${path}`);

describe('beside a deployment that lives', () => {
  test('a second quorate at work on it is told who is at work, and the first one ends well', async () => {
    const first = timed('create two nodes', () => quorate(['apply', '-f', holderFile]));
    await eventually(
      'the first one is at work',
      120_000,
      () => instancesOf(holder),
      (instances) => instances.length === 2,
    );
    const second = await quorate(['apply', '-f', holderFile]);
    expectRefusal(second, exit.busy, /process \d+ on \S+ is working on e2e-holder/, /next: wait until it has finished/);
    const deletion = await quorate(['delete', holder, '--yes']);
    expectRefusal(deletion, exit.busy, /process \d+/, /nodes: app-1 \(.*app-2 \(/, /next: the deletion is noted/);
    // The wish to delete was stored: the one at work turns round and does it. Asked for again, it is made anew.
    expect((await first).exitCode).toBe(exit.refused);
    await quorateDone(['apply', '-f', holderFile]);
  });

  test('a given outside address that it has is refused with its name', async () => {
    const address = outsideOf(await eventuallyReady(holder, 30_000), 'web');
    const text = smallest(`vips:\n  - {name: site, external: ${address}, ports: [80]}\n`);
    const words = [
      `${address} is taken by VIP web of deployment ${holder}`,
      /next: .*auto/,
      /nothing of it in the cloud/,
    ];
    await expectRefusedWithoutTrace(text, exit.refused, ...words);
    const foreign = smallest('vips:\n  - {name: site, external: 203.0.113.9, ports: [80]}\n');
    await expectRefusedWithoutTrace(foreign, exit.refused, /203\.0\.113\.9 cannot be had/, /next: /);
  });

  test('its network range is refused with its name', async () => {
    const bridges =
      (await readIncus<{ name: string; config: Record<string, string> }[]>('/1.0/networks?recursion=1')) ?? [];
    const gateway = bridges.find(({ config }) => config['user.quorate.network'] === 'services')?.config['ipv4.address'];
    const range = gateway
      ?.replace(/\.\d+\/\d+$/, '.0/21')
      .replace(/\.(\d+)\.0\/21$/, (_all, third: string) => `.${Number(third) - (Number(third) % 8)}.0/21`);
    const text = smallest(`networks: {range: ${range}}\nvips:\n  - {name: site, ports: [80]}\n`);
    await expectRefusedWithoutTrace(
      text,
      exit.refused,
      `overlaps with a network of deployment ${holder}`,
      /next: .*networks\.range/,
    );
  });

  test('a foreign project of the name is refused, and outlives a delete', async () => {
    const project = `quorate-${other}`;
    expect((await callIncus('POST', '/1.0/projects', { name: project, config: {} })).status).toBe(201);
    const words = [`an Incus project ${project} exists and was not made by Quorate`, /next: .*another name/];
    await expectRefusedWithoutTrace(smallest(), exit.refused, ...words);
    await remove(other);
    expect(await readIncus(`/1.0/projects/${project}`)).toBeDefined();
    await changeIncus('DELETE', `/1.0/projects/${project}`);
  });

  test('an image that does not exist, and more disk than there is, are refused with numbers, all at once', async () => {
    const text = smallest('image: nosuch\nstorage:\n  - {name: data, sizeGiB: 50000, mount: /srv/data}\n');
    const words = [
      'the local cloud has no image nosuch',
      /50000 GiB for volumes/,
      /\d+\.\d GiB of \d+\.\d GiB are free/,
      /next: .*leave `image` out/,
    ];
    await expectRefusedWithoutTrace(text, exit.refused, ...words);
  });

  test('an image that somebody removed is there again after the next apply', async () => {
    const alias = await readIncus<{ target: string }>('/1.0/images/aliases/quorate-node');
    await changeIncus('DELETE', `/1.0/images/${alias?.target}`);
    await timed('image imported again', () => quorateDone(['image', 'build']));
    expect(await readIncus('/1.0/images/aliases/quorate-node')).toEqual(alias);
  });

  test('a key that others can read is not used, one that nobody can change is', async () => {
    const key = join(ownState, 'key');
    chmodSync(key, 0o644);
    // Secrets are made for a tenant that is new, so there the key is needed.
    const ran = await applyText(smallest());
    expectRefusal(ran, exit.refused, `${key} can be read by others`, `chmod 600 ${key}`, /nothing of it in the cloud/);
    expect(statSync(key).mode & 0o777).toBe(0o644);
    chmodSync(key, 0o400);
    await quorateDone(['apply', '-f', holderFile]);
    chmodSync(key, 0o600);
    await remove(other);
  });
});

describe('when Incus is killed', () => {
  test('status and exec say so, the nodes live on, and the next apply starts it', async () => {
    const url = `http://${outsideOf(await status(holder), 'web')}/healthz`;
    const before = await machines(holder);
    const pid = incusPid();
    process.kill(pid, 'SIGKILL');
    await eventually(
      'it is gone',
      5_000,
      async () => existsSync(`/proc/${pid}`),
      (there) => !there,
    );

    for (const args of [
      ['status', holder],
      ['exec', holder, 'app-1', '--', 'true'],
    ])
      expectRefusal(await quorate(args), exit.refused, 'the local cloud is not running', /next: /);
    const listed = (await list()).find(({ name }) => name === holder);
    expect(listed?.because).toMatch(/not running/);
    expect((await httpGet(url)).statusCode).toBe(200);

    const again = await timed('apply that starts Incus', () => quorateDone(['apply', '-f', holderFile]));
    expect(again.stderr).toContain('starting Incus');
    expect(await machines(holder)).toEqual(before);
    expect((await httpGet(url)).statusCode).toBe(200);
  });

  test('delete starts it too, and leaves nothing', async () => {
    process.kill(incusPid(), 'SIGKILL');
    await timed('delete that starts Incus', () => remove(holder));
    expect(await readIncus(`/1.0/projects/quorate-${holder}`)).toBeUndefined();
    expect(await list()).toEqual([]);
  });
});

function incusPid(): number {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        const started = readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith('/usr/libexec/incus/incusd\0--group');
        return started && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`INCUS_DIR=${ownState}/incus\0`);
      } catch {
        return false;
      }
    });
  if (pid === undefined) throw new Error(`no incusd runs in ${ownState}`);
  return Number(pid);
}

describe('a disk that is full', () => {
  const disk = mkdtempSync(join(tmpdir(), 'e2e-disk-'));

  beforeAll(() => {
    mkdirSync(disk, { recursive: true });
    return async () => {
      await execa('umount', ['--lazy', disk], { reject: false });
      rmSync(disk, { recursive: true });
    };
  });

  test('is told with numbers before anything is made', async () => {
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', disk]);
    const ran = await quorate(['--state', join(disk, 'state'), 'apply', '-f', holderFile]);
    expectRefusal(
      ran,
      exit.refused,
      /has \S+ GiB free; the local cloud needs \d/,
      /next: Make room, or name another directory with --state/,
    );
    expect(processesIn(disk)).toEqual([]);
  });
});

const processesIn = (directory: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(directory);
      } catch {
        return false;
      }
    });
