/**
 * A service's "no" -> a Refusal with the service's own words and request id. Decided by HTTP status and by the
 * machine-readable part of the answer; the words are for people.
 * Sources: each service's API reference (docs.openstack.org/api-ref), "Faults" and "Error responses".
 */
import { Refusal, type RefusalCode } from '../../../kernel/refusal.ts';
import { ConnectionLost, type HttpAnswer } from './http.ts';
import { isCertificateTrouble } from './retry.ts';

/** What was asked, for the message. */
export type Asked = { readonly service: string; readonly method: string; readonly path: string };

/** `hide` turns secrets into stars: nobody promises that a service does not repeat them. */
export function refusalOf(asked: Asked, answer: HttpAnswer, hide: (text: string) => string): Refusal {
  const { type, words } = reasonIn(answer.text);
  const { code, retry, next } = judge(answer.status, type, words);
  const requestId = requestIdOf(answer);
  const said = hide(words === '' ? `HTTP ${answer.status}` : words);
  return new Refusal(code, `${asked.service} refused ${asked.method} ${asked.path}: ${said}`, {
    retry,
    ...(next === undefined ? {} : { next }),
    data: {
      service: asked.service,
      method: asked.method,
      path: asked.path,
      status: answer.status,
      words: said,
      ...(type === undefined ? {} : { type }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  });
}

/** Keystone's "no" to the credentials themselves, with what to look at. */
export function signInRefusal(refusal: Refusal): Refusal {
  const { code, message, retry, data } = refusal;
  const next =
    data['status'] === 401
      ? 'Check user, password (or application credential), project and their domains.'
      : data['status'] === 404
        ? 'Check the auth URL: it usually ends with `:5000/v3` or `/identity/v3`.'
        : refusal.next;
  return new Refusal(code, message, { retry, data, ...(next === undefined ? {} : { next }), cause: refusal });
}

/** Why there is no answer. `signal` is the caller's own; an error that is none of the network's is given back as it is. */
export function lostRefusal(error: unknown, asked: Asked, origin: string, signal: AbortSignal | undefined): unknown {
  const { service, method, path } = asked;
  const data = { service, method, path, origin };
  const what = `${service} at ${origin}`;
  if (error instanceof ConnectionLost) {
    const { systemCode, sent } = error;
    const untrusted = isCertificateTrouble(error);
    return new Refusal('CLOUD_UNREACHABLE', `${what} does not answer: ${error.message}`, {
      retry: untrusted ? 'never' : 'later',
      ...(untrusted ? { next: "Name the file of the cloud's certificate authority: `cacert`, or OS_CACERT." } : {}),
      data: { ...data, systemCode, sent },
      cause: error,
    });
  }
  if (signal?.aborted === true)
    return new Refusal('INTERRUPTED', `stopped before ${what} answered`, { retry: 'later', data, cause: error });
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return new Refusal('TIMED_OUT', `${what} has not answered in time`, { retry: 'later', data, cause: error });
  return error;
}

type Judgement = { readonly code: RefusalCode; readonly retry: 'later' | 'never'; readonly next?: string };

function judge(status: number, type: string | undefined, words: string): Judgement {
  if (status === 413 || overQuota(status, type, words))
    return {
      code: 'QUOTA_EXCEEDED',
      retry: 'never',
      next: 'Ask the operator for a larger quota, or remove something.',
    };
  if (type !== undefined && addressTypes.has(type)) return { code: 'ADDRESS_TAKEN', retry: 'never' };
  if (status === 404) return { code: 'NOT_FOUND', retry: 'never' };
  if (status === 409 || status === 412) return { code: 'CONFLICT', retry: 'later' };
  if (status >= 502 && status <= 504) return { code: 'CLOUD_UNREACHABLE', retry: 'later' };
  return { code: 'CLOUD_REFUSED', retry: status === 429 || status >= 500 ? 'later' : 'never' };
}

/** Names of exceptions that Neutron and Heat put into their answers as `type`. */
const quotaTypes = new Set(['OverQuota', 'RequestLimitExceeded', 'StackResourceLimitExceeded']);
const addressTypes = new Set(['IpAddressInUse', 'IpAddressAlreadyAllocated', 'FloatingIPAlreadyAssociated']);

/**
 * Cinder says 413 with `overLimit`, Neutron and Heat name their exception. Nova answers a full quota and a
 * forbidden action alike, with 403 and `forbidden`: nothing but its words, which are English for requests
 * without Accept-Language, tells one from the other (nova/api/openstack/compute/servers.py, `create`).
 */
const overQuota = (status: number, type: string | undefined, words: string): boolean =>
  (type !== undefined && quotaTypes.has(type)) ||
  type === 'overLimit' ||
  (status === 403 && type === 'forbidden' && words.startsWith('Quota exceeded'));

/** Compute services before Newton, and proxies, use other names for it. */
function requestIdOf({ headers }: HttpAnswer): string | undefined {
  const value = headers['x-openstack-request-id'] ?? headers['x-compute-request-id'];
  return typeof value === 'string' ? value : undefined;
}

type Reason = { readonly type?: string | undefined; readonly words: string };

/**
 * Every service has a shape of its own:
 * Keystone `{error: {title, message}}`, Nova and Cinder `{forbidden: {message}}`, Neutron
 * `{NeutronError: {type, message}}`, Heat `{explanation, error: {type, message}}`, Placement
 * `{errors: [{title, detail}]}`, Glance and proxies HTML.
 */
function reasonIn(text: string): Reason {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { words: plainWords(text) };
  }
  if (!isRecord(body)) return { words: '' };
  const error = body['error'];
  if (isRecord(error) && typeof body['explanation'] === 'string')
    return { type: textAt(error, 'type'), words: textAt(error, 'message') ?? body['explanation'] };
  const first = Array.isArray(body['errors']) ? (body['errors'] as unknown[])[0] : undefined;
  if (isRecord(first))
    return { type: textAt(first, 'code'), words: textAt(first, 'detail') ?? textAt(first, 'title') ?? '' };
  const [name, fault] = Object.entries(body).find(([, value]) => isRecord(value) && 'message' in value) ?? [];
  if (isRecord(fault))
    return {
      type: textAt(fault, 'type') ?? (name === 'error' ? undefined : name),
      words: textAt(fault, 'message') ?? '',
    };
  return { words: textAt(body, 'message') ?? '' };
}

/** The visible text of an HTML page, its first 300 characters. */
const plainWords = (html: string): string =>
  html
    .replace(/<(title|style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const textAt = (record: Record<string, unknown>, key: string): string | undefined =>
  typeof record[key] === 'string' ? record[key] : undefined;
