import { allNodes, type Scenario } from '../topology/topology.ts';
import type { Context } from './context.ts';
import { topologyOf } from './find-deployment.ts';

export type Import = {
  readonly name: string;
  readonly cloud: string;
  readonly scenario: Scenario;
  readonly nodes: readonly string[];
};

/**
 * Takes in a deployment that stands in a cloud and that this store does not know. Changes nothing in the cloud. Throws
 * NOT_FOUND, NOT_SUPPORTED for a cloud that keeps no memory, CONFLICT for a known name or another store's keys.
 */
export async function importDeployment(
  context: Context,
  { name, cloud }: { readonly name: string; readonly cloud: string },
): Promise<Import> {
  // A misspelt cloud makes no store.
  await context.cloud(cloud);
  const engine = await context.engine();
  const topology = topologyOf(await engine.adopt(name, cloud));
  return { name, cloud, scenario: topology.scenario, nodes: allNodes(topology).map((node) => node.name) };
}
