/** What a log of tries says about an outage. Pure; times are milliseconds of one clock. */

export type Attempt = {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly ok: boolean;
  /** The answer's text, or why there was none. */
  readonly said: string;
};

/** The longest time between two answers that followed each other; what a client outside would call the outage. */
export function longestGapMs(attempts: readonly Attempt[]): number {
  const answered = attempts.filter(({ ok }) => ok).map(({ endedAt }) => endedAt);
  if (answered.length < 2) return Number.POSITIVE_INFINITY;
  answered.sort((one, other) => one - other);
  return Math.max(...answered.slice(1).map((at, index) => at - (answered[index] ?? at)));
}

/** What a client notices: how many tries failed, the longest wait for an answer, the longest time without any. */
export type Toll = {
  readonly asked: number;
  readonly failed: number;
  readonly slowestMs: number;
  readonly gapMs: number;
};

export const tollOf = (attempts: readonly Attempt[]): Toll => ({
  asked: attempts.length,
  failed: attempts.filter(({ ok }) => !ok).length,
  slowestMs: Math.max(0, ...attempts.filter(({ ok }) => ok).map(({ startedAt, endedAt }) => endedAt - startedAt)),
  gapMs: longestGapMs(attempts),
});

/** The first try begun after `sinceMs` that was answered as `wanted`; undefined while there is none. */
export const firstAnswerAfter = (
  attempts: readonly Attempt[],
  sinceMs: number,
  wanted: (said: string) => boolean = () => true,
): Attempt | undefined =>
  attempts
    .filter(({ startedAt, ok, said }) => ok && startedAt >= sinceMs && wanted(said))
    .toSorted((one, other) => one.endedAt - other.endedAt)[0];
