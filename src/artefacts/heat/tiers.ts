/** A topology's nodes by tier: what security groups, server groups and stacks are made for. */
import {
  allNodes,
  type Cluster,
  type Network,
  type NetworkName,
  type Node,
  type Topology,
  type Vip,
  type Volume,
} from '../../topology/topology.ts';

export type Tier = {
  readonly name: string;
  readonly kind: Node['kind'];
  readonly cluster: Cluster;
  readonly networks: readonly NetworkName[];
  readonly nodes: readonly Node[];
};

export function tiersOf(topology: Topology): readonly Tier[] {
  return topology.clusters.flatMap((cluster) => {
    const nodes = [...cluster.members, ...cluster.remotes];
    return [...Map.groupBy(nodes, ({ tier }) => tier)].map(([name, [first, ...others]]): Tier => {
      const own = first === undefined ? others : [first, ...others];
      const networks = (first?.addresses ?? []).map(({ network }) => network);
      return { name, kind: first?.kind ?? 'member', cluster, networks, nodes: own };
    });
  });
}

export const isOn = (tier: Tier, network: NetworkName): boolean => tier.networks.includes(network);

/** Whether nodes of the tier may hold the VIP, or be given the volume, of their cluster. */
export const mayHave = (tier: Pick<Tier, 'name' | 'kind'>, { role }: Pick<Vip | Volume, 'role'>): boolean =>
  role === undefined ? tier.kind === 'member' : tier.name === role;

/** Volumes that a node of the tier may be given, now or when they move. */
export const volumesOf = (tier: Tier): readonly Volume[] =>
  tier.cluster.volumes.filter((volume) => mayHave(tier, volume));

export const vipsOf = (tier: Tier, network: NetworkName): readonly Vip[] =>
  tier.cluster.vips.filter((vip) => vip.network === network && mayHave(tier, vip));

/**
 * How a node on several networks with a way out chooses: what comes first among its addresses is its way, so each
 * such network ranks above those that stand behind it. A rank is the prefix length of the routes that say so: of
 * two default routes nobody knows which wins, and 2 x /1 always wins over /0. Neutron gives routes to a whole subnet.
 */
export function routeRanks(topology: Topology): ReadonlyMap<NetworkName, number> {
  const routed = new Set(topology.networks.filter((network) => network.routed).map(({ name }) => name));
  const behind = new Map<NetworkName, Set<NetworkName>>([...routed].map((name) => [name, new Set()]));
  for (const { addresses } of allNodes(topology)) {
    const [first, ...others] = addresses.map(({ network }) => network).filter((name) => routed.has(name));
    if (first !== undefined) for (const other of others) behind.get(first)?.add(other);
  }
  const rankOf = (name: NetworkName): number =>
    Math.max(0, ...[...(behind.get(name) ?? [])].map((other) => rankOf(other) + 1));
  return new Map([...routed].map((name) => [name, rankOf(name)]));
}

export const networkOf = (topology: Topology, name: NetworkName): Network | undefined =>
  topology.networks.find((network) => network.name === name);
