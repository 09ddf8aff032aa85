/**
 * Where a node is reached from the member that holds the entry: by an address on a network that the two share,
 * else by one on a network of the deployment's router, which joins all networks that have a way out.
 */
import { invariant } from '../../../kernel/invariant.ts';
import { allNodes, entryVip, type NetworkName, type Node, type Topology } from '../../../topology/topology.ts';

/** The address inside; undefined for a name that the topology does not have. */
export function insideAddressOf(topology: Topology, name: string): string | undefined {
  const node = allNodes(topology).find((each) => each.name === name);
  return node === undefined ? undefined : addressFrom(topology, networksOfEntry(topology), node);
}

/** Those of the members that may hold the entry. */
function networksOfEntry(topology: Topology): readonly NetworkName[] {
  const cluster = topology.clusters.find(({ vips }) => vips.some(({ name }) => name === entryVip));
  invariant(cluster, 'a deployment that is reached by SSH has the entry');
  return cluster.members.flatMap((member) => member.addresses.map(({ network }) => network));
}

/** Not the heartbeat's network where another is shared: a large answer must not delay corosync's token. */
function addressFrom(topology: Topology, near: readonly NetworkName[], node: Node): string {
  const shared = node.addresses.filter(({ network }) => near.includes(network));
  const routed = (address: (typeof shared)[number]) =>
    topology.networks.some(({ name, routed: hasWayOut }) => name === address.network && hasWayOut);
  const found = shared.find(routed) ?? shared[0] ?? node.addresses.find(routed);
  invariant(found, `${node.name} is on a network that can be reached`);
  return found.address;
}
