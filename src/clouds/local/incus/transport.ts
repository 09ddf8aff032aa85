/**
 * Incus' REST API over its unix socket or over HTTPS with a client certificate: one request in, the
 * `metadata` of the answer out, every "no" as a Refusal with Incus' own words. Used by the controller and,
 * bundled, by the node agents, so it needs nothing but Node.js (20 or newer).
 * Source: Incus documentation, "Main API" (doc/rest-api.md).
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Refusal } from '../../../kernel/refusal.ts';

export type IncusEndpoint =
  | { readonly socketPath: string }
  | {
      /** `https://10.0.0.1:8443` */
      readonly url: string;
      /** PEM of the client's certificate and key. */
      readonly certificate: string;
      readonly key: string;
      /** PEM of the server's own (self-signed) certificate: the only one that is trusted. */
      readonly serverCertificate: string;
    };

export type IncusAnswer = {
  readonly type: 'sync' | 'async' | 'error';
  readonly status_code?: number;
  readonly error_code?: number;
  readonly error?: string;
  /** `/1.0/operations/UUID` of an async answer. */
  readonly operation?: string;
  readonly metadata: unknown;
  /** Of what was read, for `ifMatch` of a later change. */
  readonly etag?: string;
};

export type IncusRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/1.0/instances?project=x`, encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is instead of a JSON body. */
  readonly raw?: { readonly data: Uint8Array | string; readonly headers: Readonly<Record<string, string>> };
  /** Refused with CONFLICT when what is there has changed since this `etag` was read. */
  readonly ifMatch?: string;
  /** Default 30 s. */
  readonly timeoutMs?: number;
};

/**
 * Sends one request and parses the answer; does not wait for an async operation.
 * @throws Refusal CLOUD_UNREACHABLE (retry later), NOT_FOUND, CONFLICT, CLOUD_REFUSED
 */
export async function callIncus(endpoint: IncusEndpoint, call: IncusRequest): Promise<IncusAnswer> {
  const { text, etag } = await send(endpoint, call);
  let answer: IncusAnswer;
  try {
    answer = JSON.parse(text) as IncusAnswer;
  } catch (cause) {
    throw new Refusal('CLOUD_REFUSED', `Incus answered ${call.method} ${call.path} with something that is not JSON`, {
      retry: 'later',
      cause,
    });
  }
  if (answer.type !== 'error') return etag === undefined ? answer : { ...answer, etag };
  throw refusalOf(answer.error_code ?? 0, answer.error ?? 'no reason given', call);
}

/** Incus' answer as a Refusal, by its HTTP status, never by its words. */
export function refusalOf(statusCode: number, words: string, call: Pick<IncusRequest, 'method' | 'path'>): Refusal {
  const data = { statusCode, method: call.method, path: call.path };
  const message = `Incus refused ${call.method} ${call.path.split('?')[0]}: ${words}`;
  if (statusCode === 404) return new Refusal('NOT_FOUND', message, { retry: 'never', data });
  if (statusCode === 409 || statusCode === 412) return new Refusal('CONFLICT', message, { retry: 'later', data });
  return new Refusal('CLOUD_REFUSED', message, { retry: statusCode >= 500 ? 'later' : 'never', data });
}

/** The answer's body as it is: for the few paths that answer with a file. @throws Refusal CLOUD_UNREACHABLE */
export const readIncusText = async (endpoint: IncusEndpoint, path: string): Promise<string> =>
  (await send(endpoint, { method: 'GET', path })).text;

function send(endpoint: IncusEndpoint, call: IncusRequest): Promise<{ text: string; etag: string | undefined }> {
  const headers: Record<string, string> =
    call.raw === undefined ? { 'content-type': 'application/json' } : { ...call.raw.headers };
  if (call.ifMatch !== undefined) headers['if-match'] = call.ifMatch;
  const body = call.raw?.data ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  const options = { method: call.method, path: call.path, headers, timeout: call.timeoutMs ?? 30_000 };
  return new Promise((resolve, reject) => {
    const request =
      'socketPath' in endpoint
        ? httpRequest({ ...options, socketPath: endpoint.socketPath })
        : httpsRequest({ ...options, ...tlsOptions(endpoint) });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${options.timeout} ms`)));
    request.on('error', (cause) => reject(unreachable(endpoint, cause)));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      // Not by way of the request: once answered it reports nothing, and an answer cut short would never end.
      response.on('error', (cause) => reject(unreachable(endpoint, cause)));
      response.on('end', () => resolve({ text: Buffer.concat(chunks).toString('utf8'), etag: response.headers.etag }));
    });
    request.end(body);
  });
}

/** Why Incus cannot be reached, by the system's error code, with what to do about it. */
export function unreachable(endpoint: IncusEndpoint, cause: Error): Refusal {
  const systemCode = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if ('url' in endpoint) {
    const message = `Incus at ${endpoint.url} does not answer: ${cause.message}`;
    return new Refusal('CLOUD_UNREACHABLE', message, { retry: 'later', data: { systemCode }, cause });
  }
  const { why, next } = socketTroubles[systemCode] ?? { why: cause.message, next: 'Run `quorate doctor`.' };
  const message = `Incus at ${endpoint.socketPath} does not answer: ${why}`;
  const retry = systemCode === 'EACCES' || systemCode === 'ENOENT' ? 'never' : 'later';
  return new Refusal('CLOUD_UNREACHABLE', message, { retry, next, data: { systemCode }, cause });
}

const socketTroubles: Readonly<Record<string, { readonly why: string; readonly next: string }>> = {
  ENOENT: {
    why: 'there is no such socket',
    next: 'Run `quorate doctor`: it sets the local cloud up or says what is missing.',
  },
  ECONNREFUSED: { why: 'nothing listens on the socket', next: 'Start Incus again: `quorate doctor` does it.' },
  EACCES: { why: 'permission denied', next: 'Run quorate as root: the local cloud belongs to root.' },
};

function tlsOptions(endpoint: Extract<IncusEndpoint, { url: string }>) {
  const url = new URL(endpoint.url);
  return {
    hostname: url.hostname,
    port: url.port,
    cert: endpoint.certificate,
    key: endpoint.key,
    ca: endpoint.serverCertificate,
    // The server's own certificate is pinned as the only authority; it names the host, not this address.
    checkServerIdentity: () => undefined,
  };
}
