import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks every `periodMs` until something is seen, and returns it. A look that throws saw nothing.
 * @throws Error with the last trouble after `withinMs`; the signal's reason when it is aborted
 */
export async function until<Seen>(
  what: string,
  timing: { readonly periodMs: number; readonly withinMs: number; readonly signal: AbortSignal },
  look: () => Promise<Seen | undefined>,
): Promise<Seen> {
  const startedAt = performance.now();
  let trouble: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() - startedAt > timing.withinMs) {
      throw new Error(`not within ${timing.withinMs / 1000} s: ${what}`, { cause: trouble });
    }
    await sleep(timing.periodMs, undefined, { signal: timing.signal });
  }
}
