/** Rounds until nothing is left to do, somebody must act, or the time is up. */
import { renderDuration } from '../kernel/duration.ts';
import { asRefusal, Refusal } from '../kernel/refusal.ts';
import type { Settled, SettleOptions } from './engine.ts';
import { pollMs, retryMs } from './pace.ts';
import { type Round, runCycle } from './run-cycle.ts';
import type { Worker } from './worker.ts';

/** What the rounds so far have shown; the only memory of the loop, and nothing of it is needed. */
type Progress = {
  readonly fingerprint: string;
  readonly changedAt: number;
  readonly missing: readonly string[];
  readonly failures: number;
  readonly lastRefusal: Refusal | undefined;
};

/**
 * A cluster that heals itself shows something new within the longest of its operations (100 s by default):
 * whoever waits longer for a change waits for a person. Who gives more time than usual knows of slower things.
 */
const stalledAfterMs = (deadlineMs: number): number => Math.max(180_000, deadlineMs / 4);

/** Throws TIMED_OUT, INTERRUPTED, STALE_LEASE; other refusals become `blocked` or are tried again. */
export async function settleRounds(worker: Worker, options: SettleOptions): Promise<Settled> {
  const { clock } = worker;
  const startedAt = clock.now();
  const endsAt = startedAt + options.deadlineMs;
  const stalledMs = stalledAfterMs(options.deadlineMs);
  let progress: Progress = { fingerprint: '', changedAt: startedAt, missing: [], failures: 0, lastRefusal: undefined };
  for (;;) {
    if (options.signal?.aborted === true) throw await interrupted(worker);
    const round = await attempt(worker);
    if (round instanceof Refusal) {
      if (round.retry === 'never') return blocked(worker, round);
      progress = { ...progress, failures: progress.failures + 1, lastRefusal: round };
    } else if (round.state === 'again') {
      progress = advance(progress, round, clock.now());
    } else {
      return conclude(worker, round, clock.now() - startedAt);
    }
    const pauseMs = pauseAfter(progress, clock.now());
    const stalledAt = progress.changedAt + stalledMs;
    if (clock.now() + pauseMs >= Math.min(endsAt, stalledAt))
      throw await timedOut(worker, progress, startedAt, stalledAt < endsAt ? stalledMs : undefined);
    await pause(worker, pauseMs);
  }
}

/** A refusal is a result of a round; what ends the work for good is thrown. */
async function attempt(worker: Worker): Promise<Round | Refusal> {
  try {
    return await runCycle(worker);
  } catch (error) {
    if (worker.signal?.aborted === true && error === worker.signal.reason) throw await interrupted(worker);
    const refusal = asRefusal(error);
    if (refusal === undefined || refusal.code === 'STALE_LEASE') throw error;
    return refusal;
  }
}

function advance(before: Progress, round: Extract<Round, { state: 'again' }>, now: number): Progress {
  const moved = round.fingerprint !== before.fingerprint;
  return {
    fingerprint: round.fingerprint,
    changedAt: moved ? now : before.changedAt,
    missing: round.missing,
    failures: 0,
    lastRefusal: undefined,
  };
}

const pauseAfter = (progress: Progress, now: number): number =>
  progress.failures > 0 ? retryMs(progress.failures, Math.random()) : pollMs(now - progress.changedAt);

async function pause(worker: Worker, ms: number): Promise<void> {
  try {
    await worker.clock.sleep(ms, worker.signal);
  } catch (error) {
    // The loop's next turn says what the signal means.
    if (worker.signal?.aborted !== true) throw error;
  }
}

async function conclude(worker: Worker, settled: Settled, elapsedMs: number): Promise<Settled> {
  const { journal } = worker;
  if (settled.state === 'blocked') {
    await journal.change('end', 'blocked', settled.because, { unblockedBy: settled.unblockedBy });
  }
  if (settled.state === 'ready' && !(await isToldReady(worker))) {
    await journal.change('end', 'ready', settled.status.because, { elapsedMs });
  }
  return settled;
}

/** Nothing was done since, so there is nothing to tell: whoever applies every minute leaves no trace. */
const isToldReady = async ({ store, deployment }: Worker): Promise<boolean> =>
  (await store.events(deployment, 0)).at(-1)?.kind === 'ready';

const blocked = (worker: Worker, refusal: Refusal): Promise<Settled> =>
  conclude(
    worker,
    {
      state: 'blocked',
      because: refusal.message,
      unblockedBy: refusal.next ?? 'see the cause; then run the same command again',
    },
    0,
  );

async function timedOut(
  worker: Worker,
  progress: Progress,
  startedAt: number,
  stalledMs: number | undefined,
): Promise<Refusal> {
  const refusal = progress.lastRefusal;
  const missing = refusal === undefined ? progress.missing : [refusal.message];
  const waited = renderDuration(worker.clock.now() - startedAt);
  const how = stalledMs !== undefined ? `, and nothing has changed for ${renderDuration(stalledMs)}` : '';
  const message = `${worker.deployment} is not there after ${waited}${how}; still missing: ${missing.join(', ')}`;
  await worker.journal.change('end', 'timed-out', message, { missing });
  return new Refusal('TIMED_OUT', message, {
    retry: 'later',
    next:
      stalledMs !== undefined
        ? `look at the cluster's own words (\`quorate exec ${worker.deployment} NODE -- journalctl -u pacemaker\`), then run the same command again`
        : 'run the same command again: it goes on from here',
    data: { missing },
    ...(refusal === undefined ? {} : { cause: refusal }),
  });
}

async function interrupted(worker: Worker): Promise<Refusal> {
  await worker.journal.change('end', 'interrupted', 'stopped between two steps');
  return new Refusal('INTERRUPTED', `stopped; nothing of ${worker.deployment} is lost`, {
    retry: 'later',
    next: 'run the same command again: it goes on from here',
  });
}
