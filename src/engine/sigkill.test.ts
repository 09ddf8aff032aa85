/** The same promise as `crash.test.ts`, with processes that are really killed, on one database file. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bootFile } from '../../test/fake-cloud/fake-cluster.ts';
import type { World } from '../../test/fake-cloud/world.ts';
import { newStateDirectory } from './state-directory-test-kit.ts';

const program = fileURLToPath(new URL('../../test/fake-cloud/run-in-process.ts', import.meta.url));

/** Kills it once it has had so many effects; its exit code, or null when it was killed. */
async function runAndKill(state: string, command: string, afterEffects: number): Promise<number | null> {
  const running = spawn(process.execPath, [program, state, command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stderr = text(running.stderr);
  let effects = 0;
  running.stdout.on('data', (chunk: Buffer) => {
    effects += chunk.toString().split('\n').length - 1;
    if (effects >= afterEffects) running.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((resolve) => running.once('close', resolve));
  expect(await stderr).toBe('');
  return code;
}

async function untilDone(state: string, command: string): Promise<number> {
  let kills = 0;
  while ((await runAndKill(state, command, 1 + (kills % 4))) === null && kills < 60) kills += 1;
  return kills;
}

const worldOf = (state: string) => JSON.parse(readFileSync(join(state, 'world.json'), 'utf8')) as World;

it('completes apply and delete although it is killed with SIGKILL over and over, and never waits for a dead one’s lease', async () => {
  const state = newStateDirectory();
  const before = Date.now();
  const kills = await untilDone(state, 'apply');
  expect(kills).toBeGreaterThan(3);
  // Ten lives of a lease would be 150 s.
  expect(Date.now() - before).toBeLessThan(60_000);
  const nodes = worldOf(state).deployments.shop?.nodes ?? {};
  expect(Object.values(nodes).map((node) => node.power)).toEqual(['running', 'running', 'running']);
  expect(new Set(Object.values(nodes).map((node) => bootFile(node, '/etc/corosync/authkey'))).size).toBe(1);
  expect(await untilDone(state, 'delete')).toBeGreaterThan(3);
  expect(worldOf(state).deployments).toEqual({});
}, 120_000);
