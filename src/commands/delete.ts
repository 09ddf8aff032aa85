import { asRefusal, Refusal } from '../kernel/refusal.ts';
import type { Context } from './context.ts';
import { findDeployment } from './find-deployment.ts';
import { type OnProgress, type PartTime, trackProgress } from './progress.ts';
import { withStanding } from './standing.ts';

export type DeleteInput = { readonly name: string; readonly deadlineMs: number; readonly signal: AbortSignal };

export type Deletion = {
  readonly name: string;
  /** It was gone before. */
  readonly alreadyGone: boolean;
  readonly parts: readonly PartTime[];
  readonly totalMs: number;
};

/**
 * Removes everything of a deployment, from any half-made state, any number of times. Throws NOT_FOUND for
 * a name never applied, BUSY, TIMED_OUT, INTERRUPTED, and what the cloud refuses, with `data.standing`.
 */
export async function deleteDeployment(context: Context, input: DeleteInput, report: OnProgress): Promise<Deletion> {
  const { name } = input;
  const startedAt = context.clock.now();
  const engine = await context.findEngine();
  const record = await engine?.get(name);
  if (engine === undefined || record === undefined) {
    const wasThere = ((await engine?.events(name)) ?? []).at(-1)?.kind === 'gone';
    if (!wasThere) await findDeployment(context, name);
    return { name, alreadyGone: true, parts: [], totalMs: context.clock.now() - startedAt };
  }
  const tracker = trackProgress(context.clock, report);
  try {
    await engine.markAbsent(name);
    if (record.cloud === 'local') {
      tracker.enter('host');
      tracker.finish((await context.host.ensure(tracker.activity)).changed);
    }
    tracker.enter('removal');
    const settled = await engine.settle(name, {
      deadlineMs: input.deadlineMs,
      signal: input.signal,
      onEvent: tracker.onEvent,
    });
    tracker.finish();
    if (settled.state === 'blocked') {
      throw new Refusal('CLOUD_REFUSED', settled.because, { retry: 'never', next: settled.unblockedBy });
    }
    return { name, alreadyGone: false, parts: tracker.times(), totalMs: context.clock.now() - startedAt };
  } catch (error) {
    throw await withStanding(engine, name, carriedOutElsewhere(error));
  }
}

/** The wish is stored by then, and who has the lease reads it in its next round. */
function carriedOutElsewhere(error: unknown): unknown {
  const refusal = asRefusal(error);
  if (refusal?.code !== 'BUSY') return error;
  return new Refusal('BUSY', refusal.message, {
    retry: 'later',
    next: 'the deletion is noted, and who works on it carries it out; `quorate list` shows when it is gone',
    data: refusal.data,
    cause: refusal.cause,
  });
}
