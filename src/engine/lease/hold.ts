/**
 * One worker a deployment. `acquireLease` gives the right to change it; `check` must be called before each
 * change, and throws as soon as the right is somebody else's. A killed holder is succeeded at once.
 */
import type { Clock } from '../../kernel/clock.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Lease, LeaseAnswer, Store } from '../store/store.ts';
import { describeHolder, isProvablyDead, renderHolder, thisHolder } from './holder.ts';

/** How long a holder that cannot be proven dead (another machine's) keeps others waiting. */
const leaseMs = 15_000;
/** Three missed beats before it runs out. */
const heartbeatMs = 4_000;

export type HeldLease = {
  readonly lease: Lease;
  /** Renews it. Throws STALE_LEASE when another holder took it over. */
  check(): Promise<void>;
  /** The refusal of a step that found the lease lost. */
  lost(): Refusal;
  release(): Promise<void>;
};

/** Throws BUSY, with the holder in words and the time of its expiry in `data`. */
export async function acquireLease(store: Store, clock: Clock, deployment: string): Promise<HeldLease> {
  const holder = renderHolder(thisHolder());
  const ask = (dead?: Lease): Promise<LeaseAnswer> => {
    const now = clock.now();
    return store.acquire({
      deployment,
      holder,
      now,
      expiresAt: now + leaseMs,
      ...(dead === undefined ? {} : { dead }),
    });
  };
  let answer = await ask();
  if (answer.state === 'theirs' && isProvablyDead(answer.lease.holder)) answer = await ask(answer.lease);
  if (answer.state === 'theirs') throw busy(deployment, answer.lease.holder, answer.expiresAt);
  return hold(store, clock, answer.lease);
}

function hold(store: Store, clock: Clock, lease: Lease): HeldLease {
  const renew = () => store.renew(lease, clock.now() + leaseMs);
  const lost = () =>
    new Refusal('STALE_LEASE', `another quorate has taken over the work on ${lease.deployment}`, {
      retry: 'never',
      next: 'let it finish; `quorate status` shows how far it is',
    });
  // A beat only keeps the lease alive through a long step. That it failed, `check` will find and tell.
  const beat = setInterval(() => void renew().catch(() => undefined), heartbeatMs);
  beat.unref();
  return {
    lease,
    lost,
    check: async () => {
      if (!(await renew())) throw lost();
    },
    release: async () => {
      clearInterval(beat);
      await store.release(lease);
    },
  };
}

const busy = (deployment: string, holder: string, expiresAt: number) =>
  new Refusal('BUSY', `${describeHolder(holder)} is working on ${deployment}`, {
    retry: 'later',
    next: 'wait until it has finished, or stop it',
    data: { holder: describeHolder(holder), expiresAt },
  });
