/** The way to a node of the local cloud: commands run by Incus inside its container, as root, without a network. */
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { NodeAccess } from '../cloud.ts';
import { putBy } from '../put-file.ts';
import type { IncusClient } from './incus/client.ts';
import { execInInstance } from './incus/exec.ts';
import { shellInInstance, type Terminal } from './incus/shell.ts';
import { findInstance, RUNNING } from './instances.ts';
import { projectName } from './names.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

export function nodeAccessOf(client: IncusClient, deployment: string, terminal: Terminal = process): NodeAccess {
  const project = projectName(deployment);
  const reached = async <Result>(node: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw await explain(client, deployment, node, error);
    }
  };
  const run: NodeAccess['run'] = (node, argv, { stdin, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) =>
    reached(node, () =>
      execInInstance(client, { project, instance: node, argv, timeoutMs, ...(stdin === undefined ? {} : { stdin }) }),
    );
  return {
    run,
    put: putBy(run),
    shell: (node, argv) => reached(node, () => shellInInstance(client, { project, instance: node, argv }, terminal)),
  };
}

/** Why the node did not answer, by looking at it; the refusal stays as it is when the node is not the cause. */
async function explain(client: IncusClient, deployment: string, node: string, error: unknown): Promise<unknown> {
  const refusal = asRefusal(error);
  if (refusal === undefined || refusal.code === 'TIMED_OUT') return error;
  const instance = await findInstance(client, projectName(deployment), node).catch(() => refusal);
  if (instance === refusal) return error;
  const unreachable = (why: string, retry: 'later' | 'never', next: string) =>
    new Refusal('NODE_UNREACHABLE', `node ${node} of deployment ${deployment} ${why}`, {
      retry,
      next,
      data: { node },
      cause: error,
    });
  if (instance === undefined)
    return unreachable('does not exist', 'never', `See the nodes: \`quorate status ${deployment}\`.`);
  if (instance instanceof Refusal || instance.status_code === RUNNING) {
    return unreachable(`does not take commands: ${refusal.message}`, 'later', 'Try again.');
  }
  return unreachable(
    `is not running (${instance.status})`,
    'later',
    'Run `quorate apply` with its file again: it starts what is stopped.',
  );
}
