/**
 * A topology, and what stands of it, in; how much of everything that a quota counts is still to be made out. Counts
 * the resources of the very templates that Heat gets, so the two cannot disagree. Pure.
 */
import {
  allSlices,
  deriveGround,
  deriveTier,
  groundStackName,
  type HeatResource,
  serverResource,
  stackOf,
  volumeResource,
} from '../../../artefacts/heat/index.ts';
import { allNodes, type Node, type Topology, type Volume } from '../../../topology/topology.ts';

/** Kinds of things that a quota counts, besides servers and volumes. */
export type Countable =
  | 'network'
  | 'subnet'
  | 'router'
  | 'port'
  | 'security_group'
  | 'security_group_rule'
  | 'floatingip'
  | 'server_group';

export type Demand = {
  readonly servers: readonly Pick<Node, 'name' | 'flavor'>[];
  readonly volumes: readonly Pick<Volume, 'name' | 'sizeGiB' | 'attach'>[];
  readonly counts: Readonly<Record<Countable, number>>;
  /** Of the largest server group, with those that stand. */
  readonly serverGroupMembers: number;
  /** Of the port with the most. */
  readonly addressPairs: number;
  /** Of the stack with the most, with those that stand. */
  readonly stackResources: number;
};

/** `stands`: whether a stack has made this resource already. */
export function demandOf(topology: Topology, stands: (stack: string, resource: string) => boolean): Demand {
  const { deployment } = topology;
  const ground = groundStackName(deployment);
  const stacks = [
    { stack: ground, template: deriveGround(topology) },
    ...allSlices(topology).map((slice) => ({ stack: slice.stack, template: deriveTier(topology, slice) })),
  ];
  const missing = stacks.flatMap(({ stack, template }) =>
    Object.entries(template.resources).flatMap(([name, resource]) => (stands(stack, name) ? [] : [resource])),
  );
  const nodes = allNodes(topology);
  const tiers = Map.groupBy(nodes, ({ tier }) => tier);
  return {
    servers: nodes.filter((node) => !stands(stackOf(deployment, node), serverResource(node))),
    volumes: topology.clusters
      .flatMap(({ volumes }) => volumes)
      .filter(({ name }) => !stands(ground, volumeResource(name))),
    counts: countsOf(missing),
    serverGroupMembers: Math.max(0, ...[...tiers.values()].map((tier) => tier.length)),
    addressPairs: Math.max(0, ...missing.map((resource) => lengthOf(resource, 'allowed_address_pairs'))),
    stackResources: Math.max(...stacks.map(({ template }) => Object.keys(template.resources).length)),
  };
}

/** Neutron gives every new group two rules that let everything out, one for IPv4 and one for IPv6. */
const GIVEN_RULES = 2;

function countsOf(resources: readonly HeatResource[]): Demand['counts'] {
  const byType = Map.groupBy(resources, ({ type }) => type);
  const count = (type: string): number => byType.get(type)?.length ?? 0;
  const groups = byType.get('OS::Neutron::SecurityGroup') ?? [];
  return {
    network: count('OS::Neutron::Net'),
    subnet: count('OS::Neutron::Subnet'),
    router: count('OS::Neutron::Router'),
    // A router's interface is a port of the project; its gateway and a floating IP's port are not.
    port: count('OS::Neutron::Port') + count('OS::Neutron::RouterInterface'),
    security_group: groups.length,
    security_group_rule:
      count('OS::Neutron::SecurityGroupRule') +
      groups.reduce((sum, group) => sum + GIVEN_RULES + lengthOf(group, 'rules'), 0),
    floatingip: count('OS::Neutron::FloatingIP'),
    server_group: count('OS::Nova::ServerGroup'),
  };
}

function lengthOf({ properties }: HeatResource, key: string): number {
  const value = properties?.[key];
  return Array.isArray(value) ? value.length : 0;
}
