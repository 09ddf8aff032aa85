/**
 * A command as it is handed to a node's shell, and what its end means. The command itself comes as the first line
 * of stdin: it is of any length, no shell here or there reads its words, and no process list shows them.
 */
import { Refusal } from '../../../kernel/refusal.ts';
import type { RunResult } from '../../cloud.ts';

/** ssh(1) ends with it when the connection fails, and a command may end with it too. */
const ambiguous = 255;
/** What the node says after a command of its own that ended with 255. */
const spoken = 'quorate: the command itself ended with 255\n';
/** 128 + SIGKILL, as a shell has it. */
const killed = 137;

export type RemoteCommand = { readonly shellText: string; readonly input: string };

/**
 * timeout(1) runs the command in a process group of its own and kills all of it, so nothing goes on when nobody
 * waits any more, even if the connection is lost. sh(1) reads its line byte by byte and leaves the rest.
 */
export function remoteCommand(argv: readonly string[], stdin: string, timeoutMs: number): RemoteCommand {
  const line = Buffer.from(argv.map(quoted).join(' '), 'utf8').toString('base64');
  const run = `timeout --signal=KILL ${timeoutMs / 1000} sh -c 'IFS= read -r line; eval "exec $(printf %s "$line" | base64 -d)"'`;
  return {
    shellText: `${run}; code=$?; [ $code -ne ${ambiguous} ] || echo '${spoken.trimEnd()}' >&2; exit $code`,
    input: `${line}\n${stdin}`,
  };
}

/** One word of sh(1), whatever is in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

export type Ended = {
  /** undefined: ssh itself was killed, as we do after the time. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
};

/** Throws TIMED_OUT, and NODE_UNREACHABLE when the connection was lost before the command had ended. */
export function resultOf(
  ended: Ended,
  command: { readonly node: string; readonly argv: readonly string[]; readonly timeoutMs: number },
): RunResult {
  const { exitCode, stdout, stderr } = ended;
  const { node, argv, timeoutMs } = command;
  const overdue = ended.elapsedMs >= timeoutMs;
  if (overdue && (exitCode === undefined || exitCode === killed)) {
    throw new Refusal('TIMED_OUT', `${argv[0]} on ${node} did not end within ${timeoutMs} ms`, { retry: 'later' });
  }
  if (exitCode === ambiguous && stderr.endsWith(spoken))
    return { exitCode, stdout, stderr: stderr.slice(0, -spoken.length) };
  if (exitCode === undefined || exitCode === ambiguous) {
    throw new Refusal('NODE_UNREACHABLE', `the connection to ${node} was lost: ${stderr.trim() || 'no answer'}`, {
      retry: 'later',
      next: 'Try again.',
      data: { node },
    });
  }
  return { exitCode, stdout, stderr };
}
