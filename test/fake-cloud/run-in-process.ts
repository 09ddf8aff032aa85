/**
 * A process to be killed for real: `run-in-process.ts STATE_DIRECTORY apply|delete`. Its world is a file,
 * replaced after every effect; each effect is a line on standard output. Exits with 0 when it has settled.
 */
import { readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEngine, shopText, specFrom } from '../../src/engine/engine-test-kit.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { emptyWorld, type World } from './world.ts';

const [state = '', command] = process.argv.slice(2);
const file = join(state, 'world.json');

const clock: Clock = { now: () => Date.now(), sleep: (ms) => sleep(ms / 10) };
const world = readWorld();
const tick = (what: string) => {
  writeFileSync(`${file}.next`, JSON.stringify(world));
  renameSync(`${file}.next`, file);
  writeSync(1, `${what}\n`);
  // A cloud takes its time: without it every kill would come too late.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
};

const { engine, close } = await openEngine({ state, world, clock, tick });
if (command === 'apply') await engine.put(specFrom(shopText), shopText);
else await engine.markAbsent('shop');
const settled = await engine.settle('shop', { deadlineMs: 60_000 });
await close();
process.exitCode = settled.state === 'blocked' ? 1 : 0;

function readWorld(): World {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as World;
  } catch {
    return emptyWorld();
  }
}
