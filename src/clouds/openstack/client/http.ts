/**
 * One HTTP request over Node.js's own client (20 or newer), without any judgement of the answer. Follows no
 * redirects: a token must not go where the catalog did not say.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type HttpRequest = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** Without a byte in either direction. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal;
};

export type HttpAnswer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** The connection failed. `sent`: whether the server may have got the request and acted on it. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly sent: boolean;
  /** The system's or OpenSSL's: ECONNREFUSED, CERT_HAS_EXPIRED. */
  readonly systemCode: string;

  constructor(sent: boolean, cause: Error) {
    super(cause.message, { cause });
    this.sent = sent;
    this.systemCode = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  }
}

export type HttpSender = (request: HttpRequest) => Promise<HttpAnswer>;

export function createHttpSender(tls: { readonly caCertificate?: string; readonly verify: boolean }): HttpSender {
  const secure = {
    rejectUnauthorized: tls.verify,
    ...(tls.caCertificate === undefined ? {} : { ca: tls.caCertificate }),
  };
  const kept = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true, ...secure }) };
  return (request) => {
    const plain = request.url.protocol === 'http:';
    // A kept connection may be closed by the server while we write: that is a loss after sending, after which
    // only a request that changes nothing may be sent again. So the others get a connection of their own.
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const agent = reads ? kept[plain ? 'http' : 'https'] : false;
    return send(request, plain ? { agent } : { agent, ...secure });
  };
}

function send(request: HttpRequest, connection: object): Promise<HttpAnswer> {
  const { method, url, headers, body, idleTimeoutMs, signal } = request;
  return new Promise((resolve, reject) => {
    let sent = false;
    const fail = (cause: Error) => reject(signal?.aborted === true ? cause : new ConnectionLost(sent, cause));
    const options = {
      method,
      headers,
      timeout: idleTimeoutMs,
      ...connection,
      ...(signal === undefined ? {} : { signal }),
    };
    const outgoing = url.protocol === 'http:' ? httpRequest(url, options) : httpsRequest(url, options);
    outgoing.on('socket', (socket) => {
      const ready = url.protocol === 'http:' ? 'connect' : 'secureConnect';
      if (socket.connecting) socket.once(ready, () => (sent = true));
      else sent = true;
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`silent for ${idleTimeoutMs} ms`)));
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    if (body === undefined || typeof body === 'string') outgoing.end(body);
    else pipeline(body, outgoing).catch(fail);
  });
}
