/**
 * `npm run bench`: a report of what Quorate costs and what it gains, on this machine, now. Not a test: it
 * prints aims beside its numbers and ends with 0 when one is missed. docs/measurements.md says how to read it.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { prepareHost } from '../test/e2e/harness/quorate.ts';
import type { Bench, LiveDeployment } from './bench.ts';
import { benchCreate } from './create/create.ts';
import { benchFailover } from './failover.ts';
import { benchHeat } from './heat.ts';
import { benchLatency } from './latency.ts';
import { makeLiveDeployment } from './live-deployment.ts';
import { renderLoad, renderMachine } from './machine.ts';
import { benchMemory } from './memory.ts';
import { benchRender } from './render.ts';
import { createReport } from './report.ts';
import { benchScenarios } from './scenarios.ts';
import { benchScheduler } from './scheduler.ts';

const parts = {
  create: benchCreate,
  failover: benchFailover,
  render: benchRender,
  latency: benchLatency,
  memory: benchMemory,
  scenarios: benchScenarios,
  scheduler: benchScheduler,
  heat: benchHeat,
};
type Part = keyof typeof parts;
/** What runs without being asked for: all that needs no OpenStack. */
const usual = Object.keys(parts).filter((part) => part !== 'heat');
const isPart = (word: string): word is Part => Object.hasOwn(parts, word);

const usage = `usage: npm run bench -- [--only ${Object.keys(parts).join(',')}] [--rounds 3] [--kills 20] [--json FILE]\n`;

const options = readOptions();
const stop = stopSignal();
const undos: (() => Promise<void>)[] = [];
const report = createReport(
  (text) => process.stdout.write(text),
  (text) => process.stderr.write(`    ${text}\n`),
);
try {
  await main();
} catch (error) {
  if (!stop.aborted) throw error;
  process.stderr.write('stopped\n');
  process.exitCode = 130;
} finally {
  // One that fails must not keep the others from being tried.
  for (const undo of undos.toReversed())
    await undo().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}

async function main(): Promise<void> {
  process.stdout.write('Quorate, measured\n');
  const machine = renderMachine();
  for (const line of machine) process.stdout.write(`  ${line}\n`);
  if (options.only.some((part) => usual.includes(part))) {
    report.progress('the local cloud and its image');
    await prepareHost();
  }
  const atEnd = (undo: () => Promise<void>) => void undos.push(undo);
  const base = { report, signal: stop, atEnd, rounds: options.rounds, kills: options.kills };
  let made: Promise<LiveDeployment> | undefined;
  const bench: Bench = { ...base, live: () => (made ??= makeLiveDeployment(base)) };
  for (const part of options.only) {
    stop.throwIfAborted();
    await parts[part](bench);
  }
  process.stdout.write(`\n${renderLoad()} at the end\n`);
  const { json } = options;
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, lines: report.lines }, undefined, 2)}\n`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: usual.join(',') },
      rounds: { type: 'string', default: '3' },
      kills: { type: 'string', default: '20' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const words = values.only.split(',');
  const counts = [values.rounds, values.kills].map(Number);
  const wrong = !words.every(isPart) || !counts.every((count) => Number.isInteger(count) && count > 0);
  if (wrong || values.help) {
    process.stdout.write(usage);
    process.exit(wrong ? 2 : 0);
  }
  const [rounds = 3, kills = 20] = counts;
  return { only: words.filter(isPart), rounds, kills, json: values.json };
}

/** The first Ctrl-C stops at the next step and removes what was made; the second one does not wait. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      process.stderr.write('\nstopping, and removing what was made\n');
      controller.abort();
    });
  }
  return controller.signal;
}
