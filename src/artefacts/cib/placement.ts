/**
 * Which tier runs what, where there are remote nodes: one location constraint a tier, by a rule on the node, whatever
 * the number of nodes. `resource-discovery="exclusive"` forbids all other nodes and spares them the probes; without
 * it, and with a constraint a node, the scheduler takes twice as long (docs/adr/0004-remotes-of-one-core.md).
 * Follows "Pacemaker Explained" (3.0), Deciding Which Nodes a Resource Can Run On, and Rules.
 */
import type { XmlElement } from 'libxml2-wasm';
import type { Cluster } from '../../topology/topology.ts';
import { roleAttribute } from './remotes.ts';
import { attachId, fenceId, mountId, needsAttachment, serviceId, vipId } from './resources.ts';
import { append } from './xml.ts';

export function appendPlacement(parent: XmlElement, cluster: Cluster): void {
  if (cluster.remotes.length === 0) return;
  const onMembers = { attribute: '#kind', operation: 'eq', value: 'cluster' };
  appendTier(parent, 'quorate-members', [fenceId, ...resourcesOf(cluster, undefined)], onMembers);
  for (const role of new Set(cluster.remotes.map(({ tier }) => tier))) {
    const onRole = { attribute: roleAttribute, operation: 'eq', value: role };
    appendTier(parent, `quorate-role-${role}`, resourcesOf(cluster, role), onRole);
  }
}

function appendTier(
  parent: XmlElement,
  id: string,
  resources: readonly string[],
  expression: Readonly<Record<string, string>>,
): void {
  if (resources.length === 0) return;
  const location = append(parent, 'rsc_location', { id, 'resource-discovery': 'exclusive' });
  const set = append(location, 'resource_set', { id: `${id}-set` });
  for (const resource of resources) append(set, 'resource_ref', { id: resource });
  // Not INFINITY: that would outweigh whatever a person says in `raw`.
  const rule = append(location, 'rule', { id: `${id}-rule`, score: 0 });
  append(rule, 'expression', { id: `${id}-expression`, ...expression });
}

function resourcesOf(cluster: Cluster, role: string | undefined): readonly string[] {
  const ofRole = <T extends { readonly role?: string }>(all: readonly T[]) => all.filter((each) => each.role === role);
  return [
    ...ofRole(cluster.volumes).flatMap((volume) =>
      needsAttachment(volume) ? [attachId(volume.name), mountId(volume.name)] : [mountId(volume.name)],
    ),
    ...ofRole(cluster.vips).map(({ name }) => vipId(name)),
    ...ofRole(cluster.services).map(serviceId),
  ];
}
