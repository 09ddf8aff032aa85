/**
 * The way into nodes that only a network leads to: the system's OpenSSH, as root, with the deployment's own key,
 * through the entry address that Pacemaker keeps on a living member. In: a topology and the deployment's keys.
 * Out: the port's `NodeAccess`. It reads nothing of the person's own SSH (configuration, agent, known hosts), asks
 * nothing, and accepts no host key but the pinned one, from the first connection on.
 * Follows ssh(1), ssh_config(5) of OpenSSH 8.4 and newer.
 */
import { execa } from 'execa';
import { Refusal } from '../../../kernel/refusal.ts';
import { entryVip, type Topology } from '../../../topology/topology.ts';
import type { NodeAccess, RunResult } from '../../cloud.ts';
import { putBy } from '../../put-file.ts';
import { createConnections, noSsh } from './connect.ts';
import { controlPathOf, ensureControlDirectory } from './control-directory.ts';
import { quoted, remoteCommand, resultOf } from './remote-command.ts';
import { insideAddressOf } from './route.ts';
import type { SshKeys, Target } from './ssh-files.ts';

const defaultTimeoutMs = 60_000;
/** For the node to kill the command, and for its answer to come back. */
const graceMs = 3_000;

/**
 * `entryAddressOf` is the entry's outside address, undefined while it has none. Connects to nothing until it is
 * asked something. Connections are shared by all that a user runs, and end by themselves within a minute or so.
 * `shell` returns 255 also when the connection was lost, as ssh(1) does: the person has seen why.
 */
export function createSshAccess(
  topology: Topology,
  secrets: SshKeys | undefined,
  entryAddressOf: () => Promise<string | undefined>,
): NodeAccess {
  const connections = secrets === undefined ? undefined : createConnections(secrets);
  const reach = async (node: string): Promise<Target> => {
    const inside = insideAddressOf(topology, node);
    if (inside === undefined) throw noSuchNode(topology, node);
    if (secrets === undefined || connections === undefined) throw notYet(topology, node, 'has no keys yet');
    const address = await entryAddressOf();
    if (address === undefined) throw notYet(topology, node, 'has no entry address yet');
    const directory = await ensureControlDirectory();
    const identity = [topology.deployment, secrets.hostKey.publicKey, secrets.sshKey.publicKey, address];
    const target = {
      alias: node,
      address: inside,
      controlPath: controlPathOf(directory, [...identity, node, inside]),
    };
    await connections.reach({
      entry: { alias: entryVip, address, controlPath: controlPathOf(directory, identity) },
      target,
    });
    return target;
  };
  const run: NodeAccess['run'] = async (node, argv, { stdin = '', timeoutMs = defaultTimeoutMs } = {}) =>
    runOn(await reach(node), argv, { stdin, timeoutMs });
  return {
    run,
    put: putBy(run),
    shell: async (node, argv) => shellOn(await reach(node), argv),
  };
}

/** By the shared connection only: without it ssh would look for a host of the node's name in the world. */
const viaShared = ({ alias, controlPath }: Target): readonly string[] => {
  const options = ['ControlMaster=no', 'ProxyCommand=false', 'BatchMode=yes', 'LogLevel=ERROR'];
  return ['-F', 'none', '-S', controlPath, ...options.flatMap((option) => ['-o', option]), alias];
};

async function runOn(
  target: Target,
  argv: readonly string[],
  { stdin, timeoutMs }: { readonly stdin: string; readonly timeoutMs: number },
): Promise<RunResult> {
  const { shellText, input } = remoteCommand(argv, stdin, timeoutMs);
  const startedAt = performance.now();
  const ended = await execa('ssh', ['-T', ...viaShared(target), shellText], {
    input,
    reject: false,
    stripFinalNewline: false,
    timeout: timeoutMs + graceMs,
    killSignal: 'SIGKILL',
    // Ctrl-C in a terminal asks us to stop in order; it must not cut off the command.
    detached: true,
  });
  if (ended.code === 'ENOENT') throw noSsh(ended.cause);
  const { exitCode, stdout, stderr } = ended;
  const elapsedMs = performance.now() - startedAt;
  return resultOf({ exitCode, stdout, stderr, elapsedMs }, { node: target.alias, argv, timeoutMs });
}

/** The words are the person's own, and typed into a terminal that shows them anyway: they may stand in the command. */
async function shellOn(target: Target, argv: readonly string[]): Promise<number> {
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? '-t' : '-T';
  const command = `exec ${argv.map(quoted).join(' ')}`;
  const ended = await execa('ssh', [terminal, ...viaShared(target), command], { stdio: 'inherit', reject: false });
  return ended.exitCode ?? 255;
}

const noSuchNode = ({ deployment }: Topology, node: string): Refusal =>
  new Refusal('NODE_UNREACHABLE', `node ${node} of deployment ${deployment} does not exist`, {
    retry: 'never',
    next: `See the nodes: \`quorate status ${deployment}\`.`,
    data: { node },
  });

const notYet = ({ deployment }: Topology, node: string, why: string): Refusal =>
  new Refusal('NODE_UNREACHABLE', `node ${node} cannot be reached: deployment ${deployment} ${why}`, {
    retry: 'later',
    next: 'Run `quorate apply` with its file: it makes what is missing.',
    data: { node },
  });
