/**
 * Calls to one OpenStack cloud with one credential: finds the service in the catalog, keeps a token, sends
 * again what may be sent again, and turns every "no" into a Refusal with the service's own words. Used by the
 * controller and, bundled, by the node agents, so it needs nothing but Node.js (20 or newer): answers are
 * `unknown` here, and `../read.ts` checks them for the controller.
 * Source: docs.openstack.org/api-ref; API SIG guidelines (specs.openstack.org/openstack/api-sig).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf, contentOf, type OpenStackAnswer, type OpenStackCall, urlOf } from './call.ts';
import { endpointOf, identityRoot } from './catalog.ts';
import { type OpenStackCredentials, secretOf } from './credentials.ts';
import { createHttpSender, type HttpAnswer } from './http.ts';
import { lostRefusal, refusalOf, signInRefusal } from './refusals.ts';
import { type Pace, usualPace, withRetries } from './retry.ts';
import { type Session, sessionOf, tokenRequest } from './session.ts';
import { keepSession } from './session-keeper.ts';

export type OpenStackClient = {
  /** false when the person's configuration says so: then whoever stands in between may be the cloud. */
  readonly verifiesServer: boolean;
  /**
   * @throws Refusal NOT_FOUND, CONFLICT, ADDRESS_TAKEN, QUOTA_EXCEEDED, CLOUD_REFUSED, CLOUD_UNREACHABLE,
   * TIMED_OUT, INTERRUPTED (by `signal`), NOT_SUPPORTED (the catalog has no such service), INVALID_INPUT (the credentials)
   */
  call(call: OpenStackCall): Promise<OpenStackAnswer>;
  /** Authenticates if need be. @throws Refusal as `call` */
  session(): Promise<Session>;
};

/** Nova waits as long for its own RPCs. */
const CALL_TIMEOUT_MS = 120_000;
/** A second, and what the two clocks may differ within it. */
const SECOND_OF_REVOCATION_MS = 1_100;
/** A service's own RPC gives up after 60 s, if its operator has not said otherwise. */
const IDLE_TIMEOUT_MS = 75_000;

export function createOpenStackClient(
  credentials: OpenStackCredentials,
  options: { readonly pace?: Pace; readonly now?: () => number } = {},
): OpenStackClient {
  const { pace = usualPace, now = Date.now } = options;
  const sendHttp = createHttpSender(credentials);

  const exchange = async (call: OpenStackCall, root: string, token: string | undefined, remainingMs: () => number) => {
    const { method, signal, upload } = call;
    const url = urlOf(root, call);
    const { headers, text } = contentOf(call, token);
    const until = within(remainingMs(), signal);
    const send = (): Promise<HttpAnswer> => {
      const body = upload === undefined ? text : upload.open();
      return sendHttp({
        method,
        url,
        headers,
        ...(body === undefined ? {} : { body }),
        idleTimeoutMs: call.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
        ...(until === undefined ? {} : { signal: until }),
      });
    };
    return withRetries(method, send, { pace, remainingMs, signal: until }).catch((error: unknown) => {
      throw lostRefusal(error, call, url.origin, signal);
    });
  };

  const keeper = keepSession(async () => {
    const call: OpenStackCall = {
      service: 'identity',
      method: 'POST',
      path: '/auth/tokens',
      body: tokenRequest(credentials.auth),
    };
    const answer = await exchange(call, identityRoot(credentials.authUrl), undefined, countdown(CALL_TIMEOUT_MS));
    if (answer.status < 300) return sessionOf(answer, now());
    throw signInRefusal(refusalOf(call, answer, hiding([secretOf(credentials.auth)])));
  }, now);

  const call = async (asked: OpenStackCall): Promise<OpenStackAnswer> => {
    const remainingMs = countdown(asked.timeoutMs ?? (asked.upload === undefined ? CALL_TIMEOUT_MS : Infinity));
    const sendAs = (session: Session) => {
      const choice = { ...credentials, projectId: session.projectId };
      return exchange(asked, endpointOf(session.catalog, asked.service, choice), session.token, remainingMs);
    };
    let session = await keeper.get();
    let answer = await sendAs(session);
    if (answer.status === 401) {
      // The token was revoked, or Keystone lost its keys; for an access rule that forbids this call it is a vain try.
      keeper.drop(session);
      await pastTheSecondOf(session, now());
      session = await keeper.get();
      answer = await sendAs(session);
    }
    if (answer.status < 300) return answerOf(answer);
    throw refusalOf(asked, answer, hiding([secretOf(credentials.auth), session.token]));
  };

  return { verifiesServer: credentials.verify, call, session: () => keeper.get() };
}

/**
 * Keystone counts in whole seconds: a token issued in the second in which its user's password changes is revoked
 * with those before, and so would be the next one of that second.
 */
async function pastTheSecondOf({ issuedAt }: Session, now: number): Promise<void> {
  const ageMs = now - issuedAt;
  if (ageMs < SECOND_OF_REVOCATION_MS) await sleep(SECOND_OF_REVOCATION_MS - ageMs);
}

/** By the monotonic clock. */
function countdown(ms: number): () => number {
  const end = performance.now() + ms;
  return () => end - performance.now();
}

function within(ms: number, signal: AbortSignal | undefined): AbortSignal | undefined {
  if (ms === Infinity) return signal;
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

const hiding =
  (secrets: readonly string[]) =>
  (text: string): string =>
    secrets.reduce((hidden, secret) => (secret === '' ? hidden : hidden.replaceAll(secret, '***')), text);
