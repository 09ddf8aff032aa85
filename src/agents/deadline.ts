import { setTimeout as sleep } from 'node:timers/promises';
import { asRefusal, type Refusal } from '../kernel/refusal.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** When an agent must have answered, by the monotonic clock: a step of the wall clock changes nothing. */
export type Deadline = { readonly remainingMs: () => number };

export function deadlineIn(ms: number): Deadline {
  const end = performance.now() + ms;
  return { remainingMs: () => Math.max(0, end - performance.now()) };
}

/**
 * Calls `attempt` until it succeeds, as long as it is refused with `retry: 'later'` and time is left.
 * @throws the last Refusal; at once one with `retry: 'never'` and anything that is no Refusal
 */
export async function retryUntil<T>(
  deadline: Deadline,
  attempt: () => Promise<T>,
  onRetry: (refusal: Refusal) => void,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined || refusal.retry === 'never' || deadline.remainingMs() <= pauseMs) throw error;
      onRetry(refusal);
    }
    await sleep(pauseMs);
  }
}
