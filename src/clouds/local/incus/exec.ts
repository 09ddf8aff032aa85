/**
 * Runs a command in an instance and joins its streams by websockets: one for stdin, stdout, stderr each and
 * one for control. Separate streams and an exact stdin, so a secret can be handed in without an argument.
 * Source: Incus documentation, "Main API" (POST /1.0/instances/NAME/exec) and its client's behaviour: an
 * empty text message ends stdin, and by such a one the server says that an output has ended.
 */
import { WebSocket } from 'ws';
import { invariant } from '../../../kernel/invariant.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { apiPath, type IncusClient } from './client.ts';
import { OperationRecord } from './records.ts';

export type ExecRequest = {
  readonly project: string;
  readonly instance: string;
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly timeoutMs: number;
};

export type ExecResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/**
 * A command that exits non-zero is a result.
 * @throws Refusal TIMED_OUT after the command was killed, CLOUD_UNREACHABLE when Incus goes away in between
 */
export async function execInInstance(client: IncusClient, request: ExecRequest): Promise<ExecResult> {
  const operation = await beginExec(client, request, { interactive: false });
  const stdin = openStream(client, operation, '0');
  const stdout = openStream(client, operation, '1');
  const stderr = openStream(client, operation, '2');
  // Not waited for: Incus starts the command without it, and refuses it when the command has ended meanwhile.
  const control = openStream(client, operation, 'control');
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      kill(control);
      reject(
        new Refusal(
          'TIMED_OUT',
          `${request.argv[0]} on ${request.instance} did not end within ${request.timeoutMs} ms`,
          {
            retry: 'later',
          },
        ),
      );
    }, request.timeoutMs);
  });
  try {
    const finished = Promise.all([collect(stdout), collect(stderr), feed(stdin, request.stdin ?? '')]);
    const [out, err] = await Promise.race([finished, overdue]);
    const exitCode = await Promise.race([exitCodeOf(client, operation, request), overdue]);
    return { exitCode, stdout: out, stderr: err };
  } finally {
    clearTimeout(timer);
    for (const socket of [stdin, stdout, stderr, control]) discard(socket);
  }
}

/** Starts the command; it waits until its streams are connected. */
export function beginExec(
  client: IncusClient,
  { project, instance, argv }: Pick<ExecRequest, 'project' | 'instance' | 'argv'>,
  options: {
    readonly interactive: boolean;
    readonly width?: number;
    readonly height?: number;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<OperationRecord> {
  return client.begin(apiPath(['instances', instance, 'exec']), {
    query: { project },
    body: { command: argv, 'wait-for-websocket': true, environment: {}, ...options },
  });
}

/** The socket of one of the command's streams, by its name in Incus' `fds`: `0`, `1`, `2`, `control`. */
export function openStream(client: IncusClient, operation: OperationRecord, name: string): WebSocket {
  const { endpoint } = client;
  invariant('socketPath' in endpoint, 'commands are run over the socket of this host');
  const secrets = operation.metadata['fds'] as Record<string, string>;
  const path = `/1.0/operations/${operation.id}/websocket?secret=${secrets[name]}`;
  const socket = new WebSocket(`ws+unix:${endpoint.socketPath}:${path}`, { autoPong: false });
  // Every socket has a listener from its first moment: one that fails unheard would end the process.
  socket.on('error', () => undefined);
  socket.on('ping', () => setTimeout(answer, PONG_MS, socket).unref());
  return socket;
}

/**
 * Incus asks at once and every 10 s whether we live. Written to a socket that it has closed meanwhile, an answer
 * fails, and takes with it what the command had printed and we had not read: short commands on a busy machine lost
 * their output so. Most have ended before this time.
 */
const PONG_MS = 5_000;

const answer = (socket: WebSocket): void => {
  if (socket.readyState === WebSocket.OPEN) socket.pong();
};

/** 128 + signal for a killed command, as a shell has it. */
export async function exitCodeOf(
  client: IncusClient,
  operation: OperationRecord,
  request: Pick<ExecRequest, 'argv' | 'instance'> & { readonly timeoutMs: number },
): Promise<number> {
  try {
    const ended = await client.waitFor(operation.id, `${request.argv[0]} on ${request.instance}`, request.timeoutMs);
    return exitCodeIn(ended) ?? 0;
  } catch (error) {
    // A command that is not there fails the operation, and yet has an exit code: 127.
    const ended =
      error instanceof Refusal && error.code === 'CLOUD_REFUSED' ? await finalRecord(client, operation) : undefined;
    const exitCode = ended === undefined ? undefined : exitCodeIn(ended);
    if (exitCode === undefined) throw error;
    return exitCode;
  }
}

const finalRecord = (client: IncusClient, operation: OperationRecord): Promise<OperationRecord | undefined> =>
  client.find(apiPath(['operations', operation.id]), OperationRecord);

const exitCodeIn = (operation: OperationRecord): number | undefined => {
  const code = operation.metadata['return'];
  return typeof code === 'number' && code >= 0 ? code : undefined;
};

const SIGKILL = 9;

const kill = (control: WebSocket): void => {
  if (control.readyState === WebSocket.OPEN) control.send(JSON.stringify({ command: 'signal', signal: SIGKILL }));
};

function collect(socket: WebSocket): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) chunks.push(data);
      else {
        resolve(Buffer.concat(chunks).toString('utf8'));
        socket.close();
      }
    });
    // After its end this says nothing; before it, something of the output is missing.
    socket.on('close', () => reject(lost(new Error('it was closed before the end of the output'))));
    socket.on('error', (cause) => reject(lost(cause)));
  });
}

async function feed(socket: WebSocket, text: string): Promise<void> {
  await opened(socket);
  if (text !== '') socket.send(Buffer.from(text, 'utf8'), { binary: true });
  socket.send('', { binary: false });
}

export function opened(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', (cause) => reject(lost(cause)));
  });
}

/** A socket that never opened must not throw when it is given up. */
export const discard = (socket: WebSocket): void => {
  if (socket.readyState !== WebSocket.CLOSED) socket.terminate();
};

const lost = (cause: Error): Refusal =>
  new Refusal('CLOUD_UNREACHABLE', `the connection to a command was lost: ${cause.message}`, { retry: 'later', cause });
