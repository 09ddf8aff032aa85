/**
 * Our Incus as an outsider sees it, over its socket: for judging what is really there and for doing harm.
 * On purpose not Quorate's own client: a test that shares the code it tests shares its mistakes.
 */
import { request } from 'node:http';

export const stateDirectory = process.env['QUORATE_STATE'] ?? '/var/lib/quorate';
export const incusSocket = `${stateDirectory}/incus/unix.socket`;

export const projectOf = (deployment: string): string => `quorate-${deployment}`;

type Answer = { readonly status: number; readonly metadata: unknown; readonly error: string };

export function callIncus(method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: incusSocket, method, path, timeout: 60_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { metadata?: unknown; error?: string };
        resolve({ status: response.statusCode ?? 0, metadata: answer.metadata, error: answer.error ?? '' });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`Incus did not answer ${method} ${path}`)));
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** What Incus says of one path; undefined when there is no such thing. */
export async function readIncus<T>(path: string): Promise<T | undefined> {
  const answer = await callIncus('GET', path);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`Incus answered GET ${path} with ${answer.status}: ${answer.error}`);
  return answer.metadata as T;
}

/** A change, waited for; "not found" is fine. */
export async function changeIncus(method: 'PUT' | 'DELETE', path: string, body?: unknown): Promise<void> {
  const answer = await callIncus(method, path, body);
  if (answer.status === 404) return;
  if (answer.status === 202) {
    await callIncus('GET', `/1.0/operations/${(answer.metadata as { id: string }).id}/wait?timeout=60`);
  } else if (answer.status !== 200) {
    throw new Error(`Incus answered ${method} ${path} with ${answer.status}: ${answer.error}`);
  }
}

/** Host pid of an instance's init; undefined while it does not run. */
export async function initPid(deployment: string, node: string): Promise<number | undefined> {
  const path = `/1.0/instances/${node}/state?project=${projectOf(deployment)}`;
  const pid = (await readIncus<{ pid: number }>(path))?.pid;
  return pid === undefined || pid <= 0 ? undefined : pid;
}

export type Instance = {
  readonly name: string;
  readonly status: string;
  readonly created_at: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

export const instancesOf = async (deployment: string): Promise<readonly Instance[]> =>
  (await readIncus<Instance[]>(`/1.0/instances?recursion=1&project=${projectOf(deployment)}`)) ?? [];
