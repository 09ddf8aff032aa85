/** What the report says: facts and numbers, each with its aim where it has one. Printed as they come; kept for JSON. */
import { median, percentile, renderMs } from './numbers.ts';

export type Aim = { readonly says: string; readonly met: boolean };

export type Line = {
  readonly part: string;
  readonly what: string;
  /** As printed. */
  readonly value: string;
  readonly aim?: Aim;
  /** What the value was made of, in the unit that the key of it names. */
  readonly data?: unknown;
};

export type Report = {
  readonly lines: readonly Line[];
  readonly heading: (title: string, explained?: string) => void;
  readonly add: (line: Line) => void;
  /** What is going on, on standard error: nothing that belongs to the report. */
  readonly progress: (text: string) => void;
};

export function createReport(out: (text: string) => void, progress: (text: string) => void): Report {
  const lines: Line[] = [];
  return {
    lines,
    heading: (title, explained) => out(`\n${title}\n${explained === undefined ? '' : `  ${explained}\n`}`),
    add: (line) => {
      lines.push(line);
      const verdict = line.aim === undefined ? '' : `   ${line.aim.met ? 'ok' : 'MISSED'} (aim: ${line.aim.says})`;
      out(`  ${line.what.padEnd(48)} ${line.value}${verdict}\n`);
    },
    progress,
  };
}

/** `median 4.10 s, p95 5.02 s, max 5.40 s (20)` */
export const renderSpread = (samplesMs: readonly number[]): string =>
  `median ${renderMs(median(samplesMs))}, p95 ${renderMs(percentile(samplesMs, 0.95))}, ` +
  `max ${renderMs(percentile(samplesMs, 1))} (${samplesMs.length})`;
