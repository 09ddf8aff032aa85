/** The program as a person runs it, with what it cost. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const program = fileURLToPath(new URL('../quorate', import.meta.url));
const noteMemory = new URL('note-peak-memory.ts', import.meta.url).href;

export type Cost = { readonly durationMs: number; readonly stdout: string };

/** Wall time of the whole process. @throws Error with all that it said unless it ended with 0 */
export async function runProgram(
  args: readonly string[],
  options: { readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Cost> {
  const { signal, env = {} } = options;
  const ran = await execa(program, [...args], {
    reject: false,
    stdin: 'ignore',
    env,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (ran.exitCode !== 0) {
    throw new Error(`quorate ${args.join(' ')} ended with ${ran.exitCode}\n${ran.stdout}\n${ran.stderr}`);
  }
  return { durationMs: ran.durationMs, stdout: ran.stdout };
}

/** The same with the peak of its resident memory, which it notes itself as it ends. */
export async function runWithPeak(
  args: readonly string[],
  signal: AbortSignal,
): Promise<Cost & { readonly peakBytes: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  const file = join(directory, 'peak');
  try {
    const env = { NODE_OPTIONS: `--import=${noteMemory}`, QUORATE_BENCH_PEAK: file };
    const cost = await runProgram(args, { signal, env });
    return { ...cost, peakBytes: Number(await readFile(file, 'utf8')) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
