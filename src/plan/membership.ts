/**
 * Members that join or leave a living cluster, one at a time, so that those that stay always have the
 * majority, none restarts and no service is interrupted: who joins is listed by corosync before it starts,
 * who leaves is drained and stopped before it is unlisted. Follows votequorum(5) and corosync-cfgtool(8).
 */
import type { CloudObservation } from '../status/observation.ts';
import type { ClusterStatus, DeploymentStatus, NodeStatus } from '../status/status.ts';
import type { Cluster } from '../topology/topology.ts';
import type { Step } from './step.ts';

/** The next step towards the topology's members; none when they are the cluster's, or it cannot be changed now. */
export function membershipSteps(cluster: Cluster, status: DeploymentStatus): readonly Step[] {
  const seen = status.clusters.find(({ name }) => name === cluster.name);
  const listed = seen?.corosyncMembers;
  if (seen === undefined || listed === undefined || !seen.quorate) return [];
  const wanted = cluster.members.map(({ name }) => name);
  const leaver = listed.findLast((name) => !wanted.includes(name));
  const joiner = wanted.find((name) => !listed.includes(name));
  const forgotten = Object.keys(seen.leaving).find((name) => !listed.includes(name));
  if (leaver === undefined && joiner === undefined && forgotten === undefined) return [];
  const ill = wanted.filter((name) => listed.includes(name) && !isUp(status, name));
  if (ill.length > 0)
    return [
      wait(
        cluster,
        ill.map((name) => `${name} (${stateOf(status, name)})`),
        'its members change only while the others are well',
      ),
    ];
  if (forgotten !== undefined)
    return [
      { kind: 'forget-node', cluster: cluster.name, node: forgotten, because: `${forgotten} is no member any more` },
    ];
  if (leaver !== undefined) return leaveSteps(cluster, seen, listed, leaver);
  if (joiner === undefined) return [];
  return [updateTo(cluster, [...listed, joiner], `${joiner} is to join`)];
}

function leaveSteps(cluster: Cluster, seen: ClusterStatus, listed: readonly string[], node: string): readonly Step[] {
  const state = seen.leaving[node]?.state ?? 'offline';
  const because = `${node} is no longer in the specification`;
  switch (state) {
    case 'online':
      return [{ kind: 'drain-node', cluster: cluster.name, node, because }];
    case 'standby': {
      const left = seen.resources.filter(({ nodes }) => nodes.includes(node)).map(({ id }) => id);
      if (left.length > 0)
        return [
          wait(
            cluster,
            left.map((id) => `${id} to leave ${node}`),
            because,
          ),
        ];
      return [{ kind: 'stop-member', cluster: cluster.name, node, because }];
    }
    case 'offline':
      return [
        updateTo(
          cluster,
          listed.filter((name) => name !== node),
          because,
        ),
      ];
    default:
      return [wait(cluster, [`${node} (${state})`], because)];
  }
}

/** Nodes of the cloud that no cluster lists any more. */
export function leftoverSteps(cloud: CloudObservation, status: DeploymentStatus): readonly Step[] {
  const known = status.clusters.every(({ corosyncMembers }) => corosyncMembers !== undefined);
  const listed = status.clusters.flatMap(({ corosyncMembers, leaving, leavingRemotes }) => [
    ...(corosyncMembers ?? []),
    ...Object.keys(leaving),
    ...Object.keys(leavingRemotes),
  ]);
  const nodes = known ? cloud.strayNodes.filter((name) => !listed.includes(name)) : [];
  if (nodes.length === 0) return [];
  return [{ kind: 'remove-nodes', nodes, because: `${nodes.join(', ')} left the cluster` }];
}

const stateOf = (status: DeploymentStatus, name: string): NodeStatus['state'] => status.nodes[name]?.state ?? 'absent';

const isUp = (status: DeploymentStatus, name: string): boolean =>
  ['online', 'standby', 'maintenance'].includes(stateOf(status, name));

const updateTo = (cluster: Cluster, members: readonly string[], because: string): Step => ({
  kind: 'update-membership',
  cluster: cluster.name,
  members,
  because,
});

const wait = (cluster: Cluster, waitingFor: readonly string[], because: string): Step => ({
  kind: 'await-cluster',
  cluster: cluster.name,
  waitingFor,
  because,
});
