/**
 * All stacks of a topology with all its nodes, as files for `openstack stack create`, in the order in which they are
 * created: a template each, and for the tiers an environment with the nodes' user data.
 */
import { stringify } from 'yaml';
import type { Topology } from '../../topology/topology.ts';
import { renderGround } from './ground.ts';
import { groundStackName, userDataParameter } from './names.ts';
import { allSlices } from './slices.ts';
import { renderTier } from './tier.ts';

export type StackText = { readonly name: string; readonly template: string; readonly environment?: string };

/** `userData` by node; holds secrets, and so do the environments. */
export const renderStacks = (topology: Topology, userData: ReadonlyMap<string, string>): readonly StackText[] => [
  { name: groundStackName(topology.deployment), template: renderGround(topology) },
  ...allSlices(topology).map((slice) => {
    const texts = slice.nodes.map((node): [string, string] => [userDataParameter(node), userData.get(node.name) ?? '']);
    return {
      name: slice.stack,
      template: renderTier(topology, slice),
      environment: stringify({ parameters: Object.fromEntries(texts) }, { lineWidth: 0 }),
    };
  }),
];
