/** One way to make idle, booted nodes a cluster. */
import type { IdleNodes } from './idle-nodes.ts';

export type Way = {
  readonly name: string;
  /** What has to be there before, and is not counted. */
  readonly prepare: (nodes: IdleNodes) => Promise<void>;
  /** Returns when there is nothing left to do but wait; each phase's own time in milliseconds. */
  readonly form: (nodes: IdleNodes) => Promise<Readonly<Record<string, number>>>;
};

/** Runs one phase after the other and says how long each took. */
export async function phases(
  parts: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Readonly<Record<string, number>>> {
  const took: Record<string, number> = {};
  for (const [name, work] of Object.entries(parts)) {
    const startedAt = performance.now();
    await work();
    took[name] = performance.now() - startedAt;
  }
  return took;
}
