/**
 * A client outside that asks again and again, each time by a new connection: when was the answer there, and for
 * how long was it not?
 */
import { request } from 'node:http';
import type { Attempt } from './gaps.ts';

/** A try that has no answer by then failed; shorter than any gap worth stating, longer than a busy host's pause. */
const TIMEOUT_MS = 1_000;

export type Probe = { readonly attempts: readonly Attempt[]; readonly stop: () => readonly Attempt[] };

/** Starts a try every `periodMs`, whether or not the one before has ended. */
export function startProbe(url: string, periodMs = 50, timeoutMs = TIMEOUT_MS): Probe {
  const attempts: Attempt[] = [];
  const timer = setInterval(() => void attempt(url, timeoutMs).then((made) => attempts.push(made)), periodMs);
  return {
    attempts,
    stop: () => {
      clearInterval(timer);
      return attempts;
    },
  };
}

async function attempt(url: string, timeoutMs: number): Promise<Attempt> {
  const startedAt = performance.now();
  try {
    const { statusCode, body } = await httpGet(url, timeoutMs);
    return { startedAt, endedAt: performance.now(), ok: statusCode === 200, said: body.trim() };
  } catch (error) {
    return { startedAt, endedAt: performance.now(), ok: false, said: String(error) };
  }
}

export type HttpAnswer = { readonly statusCode: number; readonly body: string };

export const httpGet = (url: string, timeoutMs = 5_000): Promise<HttpAnswer> => ask('GET', url, undefined, timeoutMs);

export const httpPut = (url: string, body: string, timeoutMs = 10_000): Promise<HttpAnswer> =>
  ask('PUT', url, body, timeoutMs);

function ask(method: string, url: string, body: string | undefined, timeoutMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, { method, agent: false, headers: { connection: 'close', ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ statusCode: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
