/** What a call is, and its way to and from HTTP. */
import type { Readable } from 'node:stream';
import { microversionHeader, type ServiceType } from './catalog.ts';
import type { HttpAnswer } from './http.ts';

export type OpenStackCall = {
  readonly service: ServiceType;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the service's versioned root, encoded: `/servers/detail`, `/stacks`. */
  readonly path: string;
  /** A list gives the key once for each value. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`; opened anew for each attempt. */
  readonly upload?: { readonly open: () => Readable; readonly lengthBytes?: number };
  readonly headers?: Readonly<Record<string, string>>;
  /** `2.79`; without it the service's oldest. */
  readonly microversion?: string;
  /** For all attempts together; default two minutes, none for an upload. */
  readonly timeoutMs?: number;
  /** How long the service may be silent; default 75 s. */
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal;
};

export type OpenStackAnswer = {
  readonly status: number;
  /** Parsed JSON; the text of anything else; undefined when there is nothing. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

export function urlOf(root: string, { path, query }: OpenStackCall): URL {
  const url = new URL(`${root}${path}`);
  for (const [key, value] of Object.entries(query ?? {}))
    for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(key, one);
  return url;
}

type Content = { readonly headers: Readonly<Record<string, string>>; readonly text?: string };

export function contentOf(call: OpenStackCall, token: string | undefined): Content {
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...microversionHeader(call.service, call.microversion),
    ...(token === undefined ? {} : { 'x-auth-token': token }),
  };
  if (call.upload !== undefined) {
    headers['content-type'] = 'application/octet-stream';
    if (call.upload.lengthBytes !== undefined) headers['content-length'] = String(call.upload.lengthBytes);
    return { headers: { ...headers, ...call.headers } };
  }
  if (call.body === undefined) return { headers: { ...headers, ...call.headers } };
  const text = JSON.stringify(call.body);
  headers['content-type'] = 'application/json';
  headers['content-length'] = String(Buffer.byteLength(text));
  return { headers: { ...headers, ...call.headers }, text };
}

export const answerOf = ({ status, headers, text }: HttpAnswer): OpenStackAnswer => ({
  status,
  headers,
  body: text === '' ? undefined : jsonOrText(text),
});

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
