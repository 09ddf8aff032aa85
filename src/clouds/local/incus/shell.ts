/**
 * An interactive command in an instance, joined to a terminal: raw mode, window size and its changes, exit
 * code. Without a terminal (a pipe) the streams are joined as they are.
 * Source: Incus documentation, "Main API" (exec, interactive; control messages `window-resize`, `signal`).
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { WebSocket } from 'ws';
import type { IncusClient } from './client.ts';
import { beginExec, discard, exitCodeOf, opened, openStream } from './exec.ts';

export type Terminal = {
  readonly stdin: NodeJS.ReadStream | ReadStream;
  readonly stdout: NodeJS.WriteStream | WriteStream;
  readonly stderr: NodeJS.WriteStream | WriteStream;
};

type ShellRequest = { readonly project: string; readonly instance: string; readonly argv: readonly string[] };

/** A day: a person's session ends when the person ends it. */
const SESSION_MS = 24 * 60 * 60 * 1000;

export function shellInInstance(client: IncusClient, request: ShellRequest, terminal: Terminal): Promise<number> {
  const interactive = terminal.stdin.isTTY && terminal.stdout.isTTY;
  return interactive ? joinTerminal(client, request, terminal) : joinPipes(client, request, terminal);
}

async function joinTerminal(client: IncusClient, request: ShellRequest, terminal: Terminal): Promise<number> {
  const { stdin, stdout } = terminal;
  const operation = await beginExec(client, request, {
    interactive: true,
    width: stdout.columns,
    height: stdout.rows,
    environment: { TERM: process.env['TERM'] ?? 'xterm' },
  });
  const screen = openStream(client, operation, '0');
  const control = openStream(client, operation, 'control');
  const resize = () => {
    const args = { width: String(stdout.columns), height: String(stdout.rows) };
    if (control.readyState === WebSocket.OPEN) control.send(JSON.stringify({ command: 'window-resize', args }));
  };
  const type = (data: Buffer) => screen.send(data, { binary: true });
  try {
    const closed = closing(screen);
    await opened(screen);
    screen.on('message', (data: Buffer, isBinary) => isBinary && stdout.write(data));
    stdin.setRawMode?.(true);
    stdin.on('data', type);
    stdin.resume();
    stdout.on('resize', resize);
    await closed;
    return await exitCodeOf(client, operation, { ...request, timeoutMs: SESSION_MS });
  } finally {
    stdin.off('data', type);
    stdin.setRawMode?.(false);
    stdin.pause();
    stdout.off('resize', resize);
    for (const socket of [screen, control]) discard(socket);
  }
}

async function joinPipes(client: IncusClient, request: ShellRequest, terminal: Terminal): Promise<number> {
  const operation = await beginExec(client, request, { interactive: false });
  const stdin = openStream(client, operation, '0');
  const stdout = openStream(client, operation, '1');
  const stderr = openStream(client, operation, '2');
  const control = openStream(client, operation, 'control');
  const type = (data: Buffer | string) => stdin.send(Buffer.from(data), { binary: true });
  const end = () => stdin.readyState === WebSocket.OPEN && stdin.send('', { binary: false });
  try {
    const closed = Promise.all([closing(stdout), closing(stderr)]);
    stdout.on('message', (data: Buffer, isBinary) => isBinary && terminal.stdout.write(data));
    stderr.on('message', (data: Buffer, isBinary) => isBinary && terminal.stderr.write(data));
    await opened(stdin);
    terminal.stdin.on('data', type);
    terminal.stdin.on('end', end);
    await closed;
    return await exitCodeOf(client, operation, { ...request, timeoutMs: SESSION_MS });
  } finally {
    terminal.stdin.off('data', type);
    terminal.stdin.off('end', end);
    terminal.stdin.pause();
    for (const socket of [stdin, stdout, stderr, control]) discard(socket);
  }
}

/** The stream's end: Incus sends an empty text message, or closes. */
const closing = (socket: WebSocket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('message', (_data, isBinary) => {
      if (!isBinary) socket.close();
    });
    socket.once('close', () => resolve());
  });
