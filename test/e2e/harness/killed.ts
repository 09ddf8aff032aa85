/**
 * The program killed in the middle of its work: SIGKILL to its whole process group, at an instant given by what
 * it last told and some time after that.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from './quorate.ts';

export type Instant = {
  /** A line of progress to wait for; undefined: the program's own start. */
  readonly after?: RegExp;
  readonly plusMs: number;
};

export const renderInstant = ({ after, plusMs }: Instant): string =>
  `${plusMs} ms after ${after === undefined ? 'its start' : `"${after.source}"`}`;

export type Killed = {
  /** False: the program had ended by itself before. */
  readonly hit: boolean;
  /** The last line of its progress. */
  readonly told: string;
};

/** Resolves once the program is no more. One that ends before its line comes is missed, and not killed. */
export async function quorateKilled(args: readonly string[], instant: Instant): Promise<Killed> {
  const child = spawn(program, [...args], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_code, signal) => resolve(signal));
  });
  const lines: string[] = [];
  const seen = Promise.withResolvers<void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (instant.after?.test(line)) seen.resolve();
  });
  void ended.then(() => seen.resolve());
  if (instant.after !== undefined) await seen.promise;
  await Promise.race([sleep(instant.plusMs), ended]);
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // Nobody left in the group: it ended by itself.
  }
  return { hit: (await ended) === 'SIGKILL', told: lines.at(-1) ?? 'nothing' };
}

/** Mulberry32: the same numbers for the same seed, so that a failure can be had again. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
