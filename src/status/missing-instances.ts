/** Where an instance of a clone should run and does not: of a clone Pacemaker is content with what it could start. */
import type { Cluster } from '../topology/topology.ts';
import { type CrmMon, memberStatus } from './parse-crm-mon.ts';
import type { MissingInstance } from './status.ts';

/**
 * By started clone, the online nodes of those that it belongs on without an instance of it. Not of a clone that a
 * person's own constraints name: where that belongs, they say.
 */
export function missingInstances(cluster: Cluster, view: CrmMon): readonly MissingInstance[] {
  const online = new Set(
    [...view.nodes].filter(([, node]) => memberStatus(node).state === 'online').map(([name]) => name),
  );
  return view.resources
    .filter(({ nodes }) => nodes.length > 0)
    .flatMap(({ id, nodes }) =>
      nodesOfClone(cluster, id)
        .filter((node) => online.has(node) && !nodes.includes(node))
        .map((node) => ({ id, node })),
    );
}

function nodesOfClone(cluster: Cluster, id: string): readonly string[] {
  const name = id.replace(/-clone$/, '');
  if (name === id || cluster.raw.constraints?.includes(name) === true) return [];
  const service = cluster.services.find((each) => each.name === name);
  // Every member mounts the shares; any other clone is a person's own.
  const isShare = cluster.shares.some((share) => name === `share-${share.name}`);
  if (service === undefined && !isShare) return [];
  const role = service?.role;
  const nodes = role === undefined ? cluster.members : cluster.remotes.filter(({ tier }) => tier === role);
  return nodes.map((node) => node.name);
}
