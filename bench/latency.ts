/** How long a person waits for the two answers that are asked for most: whole processes, a warm disk. */
import type { Bench } from './bench.ts';
import { median } from './numbers.ts';
import { runProgram } from './program.ts';
import { renderSpread } from './report.ts';

const samples = 10;
const helpAimMs = 150;

export async function benchLatency({ report, live, signal }: Bench): Promise<void> {
  const { name } = await live();
  report.heading('Latency', 'the whole process, from start to end');
  const help = await sample(['--help'], signal);
  report.add({
    part: 'latency',
    what: 'quorate --help',
    value: renderSpread(help),
    aim: { says: `under ${helpAimMs} ms, median`, met: median(help) < helpAimMs },
    data: { tookMs: help },
  });
  const status = await sample(['status', name], signal);
  report.add({ part: 'latency', what: 'quorate status NAME', value: renderSpread(status), data: { tookMs: status } });
}

async function sample(args: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
  // The first use of a clone compiles; every other one finds it done.
  await runProgram(args, { signal });
  const took: number[] = [];
  while (took.length < samples) took.push((await runProgram(args, { signal })).durationMs);
  return took;
}
