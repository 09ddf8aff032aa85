/**
 * Remote nodes that leave -> steps. They take no part in quorum, so any number may go at once: drained first, then
 * their connections leave the CIB (`update-resources`), and only when the cluster holds none of them it forgets them.
 * Without that order the cluster would fence what it cannot reach. Follows "Pacemaker Remote" (3.0).
 */
import { cibDigest } from '../artefacts/cib/render-cib.ts';
import type { ClusterStatus, DeploymentStatus, NodeStatus } from '../status/status.ts';
import type { Cluster } from '../topology/topology.ts';
import type { Step } from './step.ts';

/** None when no remote node leaves, or when all that do are drained and their connections are to go next. */
export function remoteSteps(cluster: Cluster, status: DeploymentStatus): readonly Step[] {
  const seen = status.clusters.find(({ name }) => name === cluster.name);
  if (seen === undefined || !seen.quorate) return [];
  const leaving = Object.entries(seen.leavingRemotes);
  const connected = seen.appliedDigest !== cibDigest(status.deployment, cluster);
  return leaving.flatMap(([node, { state }]) => (connected ? drain : forget)(cluster, seen, node, state));
}

function drain(cluster: Cluster, seen: ClusterStatus, node: string, state: NodeStatus['state']): readonly Step[] {
  const because = `${node} is no longer in the specification`;
  switch (state) {
    case 'online':
      return [{ kind: 'drain-node', cluster: cluster.name, node, because }];
    case 'standby':
    case 'maintenance':
      return wait(cluster, because, held(seen, node));
    // Nothing runs there, and what is to be fenced the cluster fences first.
    case 'offline':
      return [];
    default:
      return wait(cluster, because, [`${node} (${state})`]);
  }
}

function forget(cluster: Cluster, seen: ClusterStatus, node: string, state: NodeStatus['state']): readonly Step[] {
  const because = `${node} is no remote node any more`;
  const ended = state === 'offline' && !seen.resources.some(({ id, nodes }) => id === node && nodes.length > 0);
  if (!ended) return wait(cluster, because, [`the connection to ${node} to end`]);
  return [{ kind: 'forget-node', cluster: cluster.name, node, because }];
}

const held = ({ resources }: ClusterStatus, node: string): readonly string[] =>
  resources.filter(({ nodes }) => nodes.includes(node)).map(({ id }) => `${id} to leave ${node}`);

const wait = (cluster: Cluster, because: string, waitingFor: readonly string[]): readonly Step[] =>
  waitingFor.length === 0 ? [] : [{ kind: 'await-cluster', cluster: cluster.name, waitingFor, because }];
