/** When to look again: soon while something moves, less often the longer nothing does. Pure. */

const soonestMs = 200;
const latestMs = 2_000;

/** A twentieth of the time that nothing has changed for: a wait is noticed at most 5 % after its end. */
export const pollMs = (unchangedMs: number): number => Math.min(latestMs, Math.max(soonestMs, unchangedMs / 20));

const firstRetryMs = 500;
const lastRetryMs = 15_000;

/**
 * Exponential, with jitter so that many who were refused at once do not come back at once. `failures`
 * counts from 1; `random` is within 0 and 1.
 */
export const retryMs = (failures: number, random: number): number =>
  Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 20)) * (0.5 + random / 2);
