/**
 * The program as a person runs it: `./quorate …` as a child process, its JSON as what it said. Everything that
 * a scenario wants of Quorate goes through here, so nothing of Quorate's own code is called; types are borrowed.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { EventView } from '../../../src/commands/events.ts';
import type { DeploymentLine } from '../../../src/commands/list.ts';
import type { StatusView } from '../../../src/commands/status-view.ts';

/** The program's own directory for temporary files, so that what it leaves there is told from everybody else's. */
export const programTmp = join(tmpdir(), `e2e-tmp-${process.pid}`);

export const program = fileURLToPath(new URL('../../../quorate', import.meta.url));

export type Ran = {
  readonly command: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
};

/** Five minutes: five times what a cluster of five took to form on two busy cores. */
const LONG_MS = 300_000;
/** Installing Incus and building the image took two minutes; a slow package source may take five times as long. */
export const PREPARE_MS = 600_000;

const running = new Set<{ kill: (signal: 'SIGKILL') => boolean; then: Promise<unknown>['then'] }>();

/** Ends what a test that ran out of time left running: it would work against the clean-up. */
export async function stopAll(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL');
    await child;
  }
}

export async function quorate(
  args: readonly string[],
  options: { input?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  mkdirSync(programTmp, { recursive: true });
  const child = execa(program, [...args], {
    reject: false,
    timeout: options.timeoutMs ?? LONG_MS,
    input: options.input ?? '',
    stripFinalNewline: false,
    env: { TMPDIR: programTmp },
  });
  running.add(child);
  const result = await child;
  running.delete(child);
  return {
    command: `quorate ${args.join(' ')}`,
    // A killed child has no exit code; 124 is what timeout(1) says.
    exitCode: result.exitCode ?? 124,
    stdout: result.stdout,
    stderr: result.stderr,
    durationMs: Math.round(result.durationMs),
  };
}

/** Throws with all that the program said unless it ended with 0. */
export async function quorateDone(
  args: readonly string[],
  options: { input?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  const ran = await quorate(args, options);
  if (ran.exitCode !== 0) throw new Error(said(ran));
  return ran;
}

export const said = (ran: Ran): string =>
  `${ran.command} ended with ${ran.exitCode} after ${ran.durationMs} ms\n${ran.stdout}\n${ran.stderr}`;

export const apply = (file: string): Promise<Ran> => quorateDone(['apply', '-f', file]);

export const remove = (name: string): Promise<Ran> => quorateDone(['delete', name, '--yes']);

/** The machine and the node image as every scenario needs them: minutes the first time, a look every other. */
export const prepareHost = (): Promise<Ran> => quorateDone(['image', 'build'], { timeoutMs: PREPARE_MS });

/** Whatever the state: a degraded deployment has a status too, with an exit code of its own. */
export async function status(name: string): Promise<StatusView> {
  const ran = await quorate(['status', name, '--json'], { timeoutMs: 60_000 });
  return parsed(ran) as StatusView;
}

export const events = async (name: string): Promise<readonly EventView[]> =>
  parsed(await quorateDone(['events', name, '--json'])) as readonly EventView[];

export const list = async (): Promise<readonly DeploymentLine[]> =>
  parsed(await quorateDone(['list', '--json'])) as readonly DeploymentLine[];

/** A command on a node; its own exit code becomes quorate's. */
export const exec = (name: string, node: string, argv: readonly string[]): Promise<Ran> =>
  quorate(['exec', name, node, '--', ...argv], { timeoutMs: 60_000 });

/** Its standard output; throws when it failed. */
export const execDone = async (name: string, node: string, argv: readonly string[]): Promise<string> =>
  (await quorateDone(['exec', name, node, '--', ...argv], { timeoutMs: 60_000 })).stdout;

function parsed(ran: Ran): unknown {
  try {
    return JSON.parse(ran.stdout);
  } catch {
    throw new Error(`not JSON: ${said(ran)}`);
  }
}
