import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../../../kernel/refusal.ts';

/** Nova and Cinder take seconds for anything; more often only loads them. */
const PAUSE_MS = 1_000;

/**
 * Looks until `holds`, and returns what was seen then.
 * @throws Refusal TIMED_OUT, with what was seen last in `data.last`; whatever `look` throws, at once
 */
export async function waitUntil<Seen>(
  what: string,
  look: () => Promise<Seen>,
  holds: (seen: Seen) => boolean,
  options: { readonly timeoutMs: number; readonly pauseMs?: number; readonly signal?: AbortSignal },
): Promise<Seen> {
  const { timeoutMs, pauseMs = PAUSE_MS, signal } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() + pauseMs > end)
      throw new Refusal('TIMED_OUT', `${what} has not happened within ${Math.round(timeoutMs / 1000)} s`, {
        retry: 'later',
        data: { last: seen },
      });
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
}
