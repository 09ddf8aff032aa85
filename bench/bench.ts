/** What every part of the bench is given. */
import type { Report } from './report.ts';

export type Bench = {
  readonly report: Report;
  /** Aborted by Ctrl-C: parts stop at their next step, and what they made is removed. */
  readonly signal: AbortSignal;
  /** To be done at the end, however it comes; last in, first out. Registered before the thing is made. */
  readonly atEnd: (undo: () => Promise<void>) => void;
  readonly live: () => Promise<LiveDeployment>;
  readonly rounds: number;
  readonly kills: number;
};

/** A deployment of the basic example that `quorate apply` made from nothing. */
export type LiveDeployment = {
  readonly name: string;
  /** Wall time of the whole command, its start included. */
  readonly appliedMs: number;
  /** Peak of the command's resident memory. */
  readonly applyPeakBytes: number;
};
