/** A topology -> /etc/hosts of its nodes: each by name on the first network it is on (hosts(5)). */
import { allNodes, type Topology } from '../../topology/topology.ts';

export function renderHosts(topology: Topology): string {
  const lines = allNodes(topology).map(({ name, addresses }) => `${addresses[0]?.address ?? ''} ${name}`);
  return `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${lines.join('\n')}\n`;
}
