/**
 * Connections that the commands of a deployment share (ssh_config(5), ControlMaster): first one to the entry, then
 * through it one to the node. Made apart from any command, so that what fails here has run nothing.
 */
import { execa } from 'execa';
import { Refusal } from '../../../kernel/refusal.ts';
import { type SshKeys, type Target, withSshFiles } from './ssh-files.ts';

/** Above ssh's own limits for one host (`connectSeconds`), so that its words are heard. */
const connectTimeoutMs = 25_000;

export type Connections = {
  /** Resolves once a command can be sent. Throws NODE_UNREACHABLE, TOOL_MISSING. */
  readonly reach: (route: { readonly entry: Target; readonly target: Target }) => Promise<void>;
};

/** Several that want the same connection at once wait for one. */
export function createConnections(keys: SshKeys): Connections {
  const underWay = new Map<string, Promise<void>>();
  const ensure = (entry: Target, target: Target): Promise<void> => {
    const waiting = underWay.get(target.controlPath);
    if (waiting !== undefined) return waiting;
    const made = connect(keys, entry, target).finally(() => underWay.delete(target.controlPath));
    underWay.set(target.controlPath, made);
    return made;
  };
  return {
    reach: async ({ entry, target }) => {
      await ensure(entry, entry);
      await ensure(entry, target);
    },
  };
}

async function connect(keys: SshKeys, entry: Target, target: Target): Promise<void> {
  const check = await ssh(['-F', 'none', '-S', target.controlPath, '-O', 'check', target.alias], 5_000);
  if (check.exitCode === 0) return;
  const made = await withSshFiles(keys, { entry, target }, (configFile) =>
    ssh(['-F', configFile, '-f', '-N', target.alias], connectTimeoutMs),
  );
  if (made.exitCode !== 0) throw unreachable(entry, target, made.stderr.trim());
}

/** In a session of its own: Ctrl-C in a terminal asks us to stop in order, not ssh. */
async function ssh(argv: readonly string[], timeoutMs: number) {
  const ended = await execa('ssh', argv, {
    stdin: 'ignore',
    reject: false,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    detached: true,
  });
  if (ended.code === 'ENOENT') throw noSsh(ended.cause);
  return { exitCode: ended.exitCode, stderr: ended.stderr };
}

export const noSsh = (cause: unknown): Refusal =>
  new Refusal('TOOL_MISSING', 'nodes of this cloud are reached by SSH, and this machine has no `ssh`', {
    retry: 'never',
    next: 'install OpenSSH’s client (Debian: openssh-client)',
    cause,
  });

/** ssh's own words say why: no answer, a refused key, a host key that is not the pinned one. */
function unreachable(entry: Target, target: Target, words: string): Refusal {
  const why = words === '' ? 'no answer' : words;
  if (target.alias === entry.alias) {
    return new Refusal('NODE_UNREACHABLE', `no node answers at the entry ${entry.address}: ${why}`, {
      retry: 'later',
      next: 'A cluster that has just been made needs a moment; else see whether `access.from` lets this machine in.',
      data: { entry: entry.address },
    });
  }
  return new Refusal('NODE_UNREACHABLE', `node ${target.alias} does not answer through the entry: ${why}`, {
    retry: 'later',
    next: 'Try again.',
    data: { node: target.alias, entry: entry.address },
  });
}
