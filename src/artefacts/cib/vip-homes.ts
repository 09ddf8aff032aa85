/**
 * VIPs that may be wherever a clone runs -> a home for each, the clone's nodes by turns. While its home is away, a
 * VIP is where the fewest resources are; one VIP alone has none and stays where it is. Not by VIPs that avoid each
 * other: tried with Pacemaker 3.0.0, 80 of them on 16 nodes kept the scheduler busy for more than ten minutes.
 */
import type { XmlElement } from 'libxml2-wasm';
import type { Cluster, Service } from '../../topology/topology.ts';
import { vipId } from './resources.ts';
import { append } from './xml.ts';

/** More than the stickiness (100): a VIP goes home when its node is back, or when another became its home. */
const score = 200;

export function appendHomes(parent: XmlElement, cluster: Cluster, { with: needs, role }: Service): void {
  const vips = needs.filter((name) => cluster.vips.some((vip) => vip.name === name));
  const nodes = role === undefined ? cluster.members : cluster.remotes.filter(({ tier }) => tier === role);
  if (vips.length < 2) return;
  for (const [index, vip] of vips.entries()) {
    const node = nodes[index % nodes.length]?.name;
    append(parent, 'rsc_location', { id: `home-of-${vipId(vip)}`, rsc: vipId(vip), node, score });
  }
}
