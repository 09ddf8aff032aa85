/** Holds one session for many calls at a time: asks Keystone once, renews in time, forgets what was refused. */
import type { Session } from './session.ts';

/** So long before a token's end that a call and all that a service does in its name fit in. */
const RENEW_BEFORE_MS = 5 * 60_000;

export type SessionKeeper = {
  get(): Promise<Session>;
  /** A session that a service refused; a newer one stays. */
  drop(refused: Session): void;
};

export function keepSession(authenticate: () => Promise<Session>, now: () => number): SessionKeeper {
  let known: { readonly session: Session; readonly renewAt: number } | undefined;
  let asked: Promise<Session> | undefined;

  const ask = async (): Promise<Session> => {
    try {
      const session = await authenticate();
      const lifetimeMs = session.expiresAt - now();
      known = { session, renewAt: session.expiresAt - Math.min(RENEW_BEFORE_MS, lifetimeMs / 2) };
      return session;
    } finally {
      asked = undefined;
    }
  };

  return {
    get: async () => {
      if (known !== undefined && now() < known.renewAt) return known.session;
      asked ??= ask();
      return asked;
    },
    drop: (refused) => {
      if (known?.session === refused) known = undefined;
    },
  };
}
