import { setTimeout as sleep } from 'node:timers/promises';

/** How often a fact is looked at: each look at a deployment is a process of its own and costs half a second. */
const PAUSE_MS = 250;

/**
 * A fact that comes true within its time: looks until `holds`, and returns what was seen then. A look that throws
 * counts as "not yet". On failure says what was seen last.
 */
export async function eventually<Seen>(
  fact: string,
  withinMs: number,
  see: () => Promise<Seen>,
  holds: (seen: Seen) => boolean,
): Promise<Seen> {
  const startedAt = performance.now();
  let last = 'nothing';
  for (;;) {
    try {
      const seen = await see();
      if (holds(seen)) return seen;
      last = JSON.stringify(seen, undefined, 1) ?? String(seen);
    } catch (error) {
      last = String(error);
    }
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > withinMs) {
      throw new Error(`not within ${withinMs / 1000} s: ${fact}\nlast seen after ${Math.round(elapsedMs)} ms: ${last}`);
    }
    await sleep(PAUSE_MS);
  }
}
