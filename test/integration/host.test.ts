/** The host's set-up in a state directory of its own, beside whatever local cloud this machine has already. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ensureHost, findHost } from '../../src/clouds/local/host/ensure-host.ts';
import { inspectHost } from '../../src/clouds/local/host/inspect-host.ts';
import { layoutOf } from '../../src/clouds/local/host/layout.ts';
import { removeHost } from '../../src/clouds/local/host/remove-host.ts';
import { createIncusClient } from '../../src/clouds/local/incus/client.ts';

const run = promisify(execFile);
const quiet = () => undefined;
let state = '';
let before: Awaited<ReturnType<typeof inventory>>;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'quorate-host-'));
  before = await inventory();
});
afterAll(async () => {
  await removeHost(state, quiet);
  await rm(state, { recursive: true, force: true });
});

/** Everything of a host's that set-up touches, and that removal has to give back. */
async function inventory() {
  return {
    processes: await processesOf(state),
    mounts: (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(state)),
    loops: (await run('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'])).stdout
      .split('\n')
      .filter((line) => line.includes(state)),
    bridges: Object.keys(networkInterfaces()).filter((name) => name === layoutOf(state).outsideBridge),
    filters: (await run('nft', ['list', 'ruleset'])).stdout.includes(layoutOf(state).outsideBridge),
    files: await readdir(state),
  };
}

async function processesOf(directory: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_pid, index) =>
    environments[index]?.split('\0').includes(`INCUS_DIR=${layoutOf(directory).incusDirectory}`),
  );
}

async function daemon(): Promise<number> {
  for (const pid of await processesOf(state)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.startsWith('/usr/libexec/incus/incusd\0--group')) return pid;
  }
  throw new Error('no incusd runs in the state directory');
}

test('an empty state directory becomes a local cloud with pool, external network and API', async () => {
  const { socketPath, settings, changed } = await ensureHost(state, quiet);
  const { config } = await createIncusClient({ socketPath }).get(
    '/1.0',
    z.object({ config: z.record(z.string(), z.string()) }),
  );
  expect(changed).toBe(true);
  const network = settings.outside.first.split('.').slice(0, 3).join('.');
  expect(config['core.https_address']).toBe(`${network}.1:18443`);
});

test('a second set-up changes nothing, starts no process and takes less than 100 ms', async () => {
  const pids = await processesOf(state);
  const since = performance.now();
  const { changed } = await ensureHost(state, quiet);
  expect(performance.now() - since).toBeLessThan(100);
  expect(changed).toBe(false);
  expect(await processesOf(state)).toEqual(pids);
});

test('two set-ups at once end with one daemon, also when the first one was killed in the middle', async () => {
  process.kill(await daemon(), 'SIGKILL');
  await expect.poll(() => findHost(state)).toBeUndefined();
  const both = await Promise.all([ensureHost(state, quiet), ensureHost(state, quiet)]);
  expect(both[0].socketPath).toBe(both[1].socketPath);
  const commands = await Promise.all(
    (await processesOf(state)).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  expect(commands.filter((command) => command.startsWith('/usr/libexec/incus/incusd\0--group'))).toHaveLength(1);
});

test('a daemon that was killed finds its pools again', async () => {
  process.kill(await daemon(), 'SIGKILL');
  const { socketPath, settings } = await ensureHost(state, quiet);
  const client = createIncusClient({ socketPath });
  for (const pool of [settings.pool, settings.volumePool]) {
    const path = `/1.0/storage-pools/${pool}`;
    expect(await client.get(path, z.object({ status: z.string() }))).toEqual({ status: 'Created' });
    await client.change('POST', `${path}/volumes/custom`, {
      body: { name: 'probe', type: 'custom', content_type: 'filesystem', config: {} },
    });
    await client.remove(`${path}/volumes/custom/probe`);
  }
});

test('the host is found fit, with nothing that would stop an apply', async () => {
  const failures = (await inspectHost(state)).filter(({ level }) => level === 'fail');
  expect(failures).toEqual([]);
});

test('a deployment that only Incus knows of is not removed with the host', async () => {
  const { socketPath } = await ensureHost(state, quiet);
  const client = createIncusClient({ socketPath });
  const project = { name: 'quorate-orphan', config: { 'user.quorate.deployment': 'orphan' } };
  await client.change('POST', '/1.0/projects', { body: project });
  await expect(removeHost(state, quiet)).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { deployments: ['orphan'] },
  });
  await client.remove('/1.0/projects/quorate-orphan');
});

test('removal gives back everything that set-up took, and a second one is fine', async () => {
  await removeHost(state, quiet);
  await removeHost(state, quiet);
  expect(await inventory()).toEqual(before);
});
