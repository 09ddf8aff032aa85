import type { RunResult } from '../clouds/cloud.ts';
import type { Context } from './context.ts';
import { findDeployment, requireNode, topologyOf } from './find-deployment.ts';

export type NodeCommand = { readonly deployment: string; readonly node: string; readonly argv: readonly string[] };

/** Runs one program on one node. Throws NOT_FOUND, NODE_UNREACHABLE; a program that fails is a result. */
export async function runOnNode(
  context: Context,
  { deployment, node, argv, stdin }: NodeCommand & { readonly stdin?: string },
): Promise<RunResult> {
  const access = await accessTo(context, deployment, node);
  return access.run(node, argv, stdin === undefined ? {} : { stdin });
}

/** Joins this process's terminal to a program on the node; its exit code. Throws as `runOnNode` does. */
export async function openShell(context: Context, { deployment, node, argv }: NodeCommand): Promise<number> {
  const access = await accessTo(context, deployment, node);
  return access.shell(node, argv);
}

async function accessTo(context: Context, deployment: string, node: string) {
  const { engine, record } = await findDeployment(context, deployment);
  requireNode(topologyOf(record), node);
  return engine.access(deployment);
}
