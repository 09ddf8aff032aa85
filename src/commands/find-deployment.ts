/** A name -> what is stored of it, or the nearest name in a refusal. */
import type { DeploymentRecord, Engine } from '../engine/engine.ts';
import { specOf } from '../engine/wish.ts';
import { Refusal } from '../kernel/refusal.ts';
import { nearest } from '../spec/index.ts';
import { deriveTopology } from '../topology/derive.ts';
import { allNodes, type Node, type Topology } from '../topology/topology.ts';
import type { Context } from './context.ts';

export type Found = { readonly engine: Engine; readonly record: DeploymentRecord };

/** Throws NOT_FOUND. */
export async function findDeployment(context: Context, name: string): Promise<Found> {
  const engine = await context.findEngine();
  const record = await engine?.get(name);
  if (engine !== undefined && record !== undefined) return { engine, record };
  throw noDeployment(name, engine === undefined ? [] : await engine.list());
}

/** Throws INVALID_INPUT when this version reads the stored specification no more. */
export const topologyOf = (record: DeploymentRecord): Topology =>
  deriveTopology(specOf(record), record.roster).topology;

/** Throws NOT_FOUND. */
export function requireNode(topology: Topology, name: string): Node {
  const nodes = allNodes(topology);
  const node = nodes.find((each) => each.name === name);
  if (node !== undefined) return node;
  const names = nodes.map((each) => each.name);
  const near = nearest(name, names);
  throw new Refusal('NOT_FOUND', `${topology.deployment} has no node ${name}`, {
    retry: 'never',
    next: near === undefined ? `its nodes are ${names.join(', ')}` : `did you mean \`${near}\`?`,
    data: { nodes: names },
  });
}

function noDeployment(name: string, records: readonly DeploymentRecord[]): Refusal {
  const near = nearest(
    name,
    records.map((record) => record.name),
  );
  const otherwise =
    records.length === 0 ? 'there is none yet: `quorate demo` makes one' : '`quorate list` shows those there are';
  return new Refusal('NOT_FOUND', `there is no deployment ${name}`, {
    retry: 'never',
    next: near === undefined ? otherwise : `did you mean \`${near}\`?`,
  });
}
