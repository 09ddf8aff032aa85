/**
 * The command line's composition root: the process's streams, clock and signals, handed to `cli/`. Real
 * clients are made in `open-context.ts`, which is loaded only for commands that need them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { runCli } from '../cli/run-cli.ts';
import type { Output, Shell } from '../cli/shell.ts';
import { systemClock } from './system-clock.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const interrupted = 130;

process.exitCode = await runCli(process.argv.slice(2), makeShell());
// Whatever still waits (a keep-alive connection, an idle poll) has nothing to say any more.
await drained(process.stdout);
process.exit();

function makeShell(): Shell {
  return {
    stdin: { isTty: isatty(process.stdin.fd), text: readStdin, line: readAnswer },
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    environment: process.env,
    clock: systemClock,
    signal: stopSignal(),
    get program() {
      return programName();
    },
    get version() {
      return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
    },
    openContext: async (stateDirectory) => (await import('./open-context.ts')).openContext(stateDirectory),
  };
}

function outputOf(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  // `quorate list | head -1`: the reader has had enough, and nobody is told.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    write: (text) => void stream.write(text),
    isTty: isatty(stream.fd),
    columns: () => stream.columns || (stream.isTTY ? 80 : 100),
  };
}

/** The first Ctrl-C asks for an orderly end between two steps; the second one does not ask. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.stderr.write('\u001b[?25h');
        process.exit(interrupted);
      }
      controller.abort();
    });
  }
  return controller.signal;
}

/** What can be typed here and now: the bare name where it leads to this clone, else the way to it. */
function programName(): string {
  const own = join(root, 'quorate');
  const found = (process.env.PATH ?? '')
    .split(':')
    .find((directory) => directory !== '' && existsSync(join(directory, 'quorate')));
  if (found !== undefined) return 'quorate';
  const way = relative(process.cwd(), own);
  if (way.startsWith('../..')) return own;
  return way.startsWith('..') ? way : `./${way}`;
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

async function readAnswer(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await prompt.question(question);
  } finally {
    prompt.close();
  }
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return stream.writableLength === 0 ? Promise.resolve() : new Promise((resolve) => stream.write('', () => resolve()));
}
