/**
 * Files sent to Incus as one multipart form (RFC 7578), streamed: an image does not fit into a string.
 * Source: Incus documentation, "Image format", split images.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { invariant } from '../../../kernel/invariant.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { IncusClient } from './client.ts';
import { type IncusAnswer, refusalOf } from './transport.ts';

export type FormFile = { readonly field: string; readonly file: string };

const boundary = '----quorate-form-boundary';
const tail = `--${boundary}--\r\n`;

/** Returns when Incus has taken it in. @throws Refusal CLOUD_UNREACHABLE and those of Incus */
export async function uploadToIncus(client: IncusClient, path: string, files: readonly FormFile[]): Promise<void> {
  invariant('socketPath' in client.endpoint, 'images are imported over the socket');
  const parts = await Promise.all(
    files.map(async ({ field, file }) => ({ file, head: headOf(field), size: (await stat(file)).size })),
  );
  const length = parts.reduce(
    (sum, { head, size }) => sum + Buffer.byteLength(head) + size + 2,
    Buffer.byteLength(tail),
  );
  const answer = await send(client.endpoint.socketPath, path, length, body(parts));
  if (answer.type === 'error') throw refusalOf(answer.error_code ?? 0, answer.error ?? '', { method: 'POST', path });
  if (answer.type === 'async')
    await client.waitFor(z.object({ id: z.string() }).parse(answer.metadata).id, `POST ${path}`, 600_000);
}

const headOf = (field: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${field}"\r\nContent-Type: application/octet-stream\r\n\r\n`;

async function* body(parts: readonly { readonly file: string; readonly head: string }[]): AsyncGenerator<Buffer> {
  for (const { file, head } of parts) {
    yield Buffer.from(head);
    for await (const chunk of createReadStream(file)) yield chunk as Buffer;
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(tail);
}

async function send(
  socketPath: string,
  path: string,
  length: number,
  chunks: AsyncIterable<Buffer>,
): Promise<IncusAnswer> {
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(length) };
  const outgoing = request({ socketPath, path, method: 'POST', headers });
  const answered = new Promise<string>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const received: Buffer[] = [];
      response.on('data', (chunk: Buffer) => received.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(received).toString('utf8')));
    });
  });
  try {
    const [, text] = await Promise.all([pipeline(Readable.from(chunks), outgoing), answered]);
    return JSON.parse(text) as IncusAnswer;
  } catch (cause) {
    throw new Refusal('CLOUD_UNREACHABLE', `Incus broke off while an image was sent: ${(cause as Error).message}`, {
      retry: 'later',
      cause,
    });
  }
}
