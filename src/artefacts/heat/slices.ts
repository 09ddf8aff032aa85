/** Which nodes share a stack: those of a tier, fifty at most, by their ids, so that a node never changes its stack. */
import { allNodes, type Node, type Topology } from '../../topology/topology.ts';
import { sliceStackName } from './names.ts';

/**
 * Fifty nodes are about 250 resources, where Heat's own limit is 1000 and its work for one change of a stack grows
 * with all of them.
 */
const NODES_A_SLICE = 50;

export type Slice = {
  readonly stack: string;
  readonly tier: string;
  readonly nodes: readonly Node[];
};

export const sliceOf = ({ id }: Node): number => Math.floor((id - 1) / NODES_A_SLICE) + 1;

export const stackOf = (deployment: string, node: Node): string => sliceStackName(deployment, node.tier, sliceOf(node));

/** In the order of the topology. */
export function slicesOf(deployment: string, nodes: readonly Node[]): readonly Slice[] {
  return [...Map.groupBy(nodes, (node) => stackOf(deployment, node))].map(([stack, own]) => ({
    stack,
    tier: own[0]?.tier ?? '',
    nodes: own,
  }));
}

export const allSlices = (topology: Topology): readonly Slice[] => slicesOf(topology.deployment, allNodes(topology));
