/**
 * Sends again what may be sent again, with growing pauses, until the time is up. What may: a request that never
 * reached a server; one that the server turned away unread (429, 503); one that changes nothing when it
 * comes twice. What may not: a POST whose answer was lost, for it may have made something.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, type HttpAnswer } from './http.ts';

export type Pace = {
  /** Sends in all. */
  readonly attempts: number;
  /** Doubled at each further attempt. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
};

/** About seven seconds in all: over a restart of an API process, not over an outage, which callers wait out. */
export const usualPace: Pace = { attempts: 5, firstPauseMs: 500, longestPauseMs: 10_000 };

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
const turnedAway: ReadonlySet<number> = new Set([429, 503]);
/** A gateway lost the service behind it, which may or may not have acted. */
const lostBehind: ReadonlySet<number> = new Set([502, 504]);

/** The last answer or the last ConnectionLost, when no further attempt is allowed or would come in time. */
export async function withRetries(
  method: string,
  send: () => Promise<HttpAnswer>,
  options: { readonly pace: Pace; readonly remainingMs: () => number; readonly signal?: AbortSignal | undefined },
): Promise<HttpAnswer> {
  const { pace, remainingMs, signal } = options;
  for (let attempt = 1; ; attempt++) {
    const outcome = await send().catch((error: unknown) => {
      if (error instanceof ConnectionLost) return error;
      throw error;
    });
    const lost = outcome instanceof ConnectionLost;
    const again = lost ? mayTryAgain(method, outcome) : answerAsksAgain(method, outcome);
    const pauseMs = Math.max(lost ? 0 : retryAfterMs(outcome), backoffMs(pace, attempt));
    if (!again || attempt >= pace.attempts || pauseMs >= remainingMs()) {
      if (lost) throw outcome;
      return outcome;
    }
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
}

const mayTryAgain = (method: string, lost: ConnectionLost): boolean =>
  !isCertificateTrouble(lost) && (!lost.sent || repeatable.has(method));

const answerAsksAgain = (method: string, { status }: HttpAnswer): boolean =>
  turnedAway.has(status) || (lostBehind.has(status) && repeatable.has(method));

/** Half of it at random, so that many clients do not come back together. */
function backoffMs({ firstPauseMs, longestPauseMs }: Pace, attempt: number): number {
  const whole = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
  return whole / 2 + (Math.random() * whole) / 2;
}

/** Seconds or a date (RFC 9110, 10.2.3); 0 when there is neither. */
function retryAfterMs({ headers }: HttpAnswer): number {
  const value = headers['retry-after'];
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** OpenSSL's and Node.js's codes for a server whose certificate is not trusted: waiting does not mend it. */
export const isCertificateTrouble = ({ systemCode }: ConnectionLost): boolean =>
  systemCode.startsWith('CERT_') ||
  systemCode.startsWith('ERR_TLS_CERT') ||
  systemCode.includes('SELF_SIGNED_CERT') ||
  systemCode.startsWith('UNABLE_TO_');
