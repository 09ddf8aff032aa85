/**
 * Topology, what the cloud reports and what the clusters' members say -> the deployment's status, with one
 * sentence that says why. Pure; refuses to know what should be done about it (that is `plan`).
 */
import { assertNever } from '../kernel/invariant.ts';
import { listenerName } from '../topology/load-balancers.ts';
import type { Cluster, Node, Topology } from '../topology/topology.ts';
import { missingInstances } from './missing-instances.ts';
import type { CloudObservation, ClusterObservation, NodePower } from './observation.ts';
import { type CrmMon, memberStatus, parseCrmMon } from './parse-crm-mon.ts';
import { parseHaproxy } from './parse-haproxy.ts';
import { parseNodelist } from './parse-nodelist.ts';
import type {
  ClusterStatus,
  DeploymentState,
  DeploymentStatus,
  HostStatus,
  ListenerStatus,
  NodeStatus,
  ResourceStatus,
  VipStatus,
  VolumeStatus,
} from './status.ts';

/** `members`: by cluster name, what one member of it said; a cluster that nobody answered for is missing. */
export function deriveStatus(
  topology: Topology,
  cloud: CloudObservation,
  members: Readonly<Record<string, ClusterObservation>>,
  desired: 'present' | 'absent',
): DeploymentStatus {
  const views = new Map(topology.clusters.map(({ name }) => [name, viewOf(members[name])]));
  const clusters = topology.clusters.map((cluster) =>
    clusterStatus(cluster, views.get(cluster.name), members[cluster.name]),
  );
  const nodes = Object.fromEntries(
    topology.clusters.flatMap((cluster) =>
      [...cluster.members, ...cluster.remotes].map((node) => [
        node.name,
        nodeStatus(node, cloud.nodes[node.name], views.get(cluster.name)),
      ]),
    ),
  );
  const resources = clusters.flatMap((cluster) => cluster.resources);
  const vips = topology.clusters.flatMap((cluster) => cluster.vips.map((vip) => vipStatus(vip, cloud, resources)));
  const volumes = topology.clusters.flatMap((cluster) =>
    cluster.volumes.map((volume) => volumeStatus(volume, cloud, resources)),
  );
  const listeners = topology.clusters.flatMap((cluster) => listenersOf(cluster, vips, members[cluster.name]));
  const judged = judge(cloud, nodes, clusters, listeners, desired);
  return {
    deployment: topology.deployment,
    ...judged,
    nodes,
    clusters,
    vips,
    listeners,
    volumes,
    hosts: hostsOf(cloud),
  };
}

function hostsOf({ hosts = {} }: CloudObservation): readonly HostStatus[] {
  const names = [...new Set(Object.values(hosts))].toSorted();
  return names.map((host) => ({ host, nodes: Object.keys(hosts).filter((node) => hosts[node] === host) }));
}

const viewOf = (observation: ClusterObservation | undefined): CrmMon | undefined =>
  observation?.crmMonXml === undefined ? undefined : parseCrmMon(observation.crmMonXml);

function clusterStatus(
  cluster: Cluster,
  view: CrmMon | undefined,
  said: ClusterObservation | undefined,
): ClusterStatus {
  const fenceDevice = view?.resources.find(({ agent }) => agent === 'stonith:fence_quorate');
  return {
    name: cluster.name,
    reachable: view !== undefined,
    quorate: view?.quorate ?? false,
    dc: view?.dc,
    fencing: fencingOf(view, fenceDevice),
    resources: view?.resources ?? [],
    missingInstances: view === undefined ? [] : missingInstances(cluster, view),
    failures: view?.failures ?? [],
    fencingHistory: view?.fencingHistory ?? [],
    corosyncMembers: said?.nodelist === undefined ? undefined : parseNodelist(said.nodelist).map(({ name }) => name),
    leaving: leavingNodes(cluster, view, 'member'),
    leavingRemotes: leavingNodes(cluster, view, 'remote'),
    appliedDigest: said?.appliedDigest,
    ...(said?.balancers === undefined ? {} : { balancers: digestsOf(said.balancers) }),
  };
}

const digestsOf = (balancers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(balancers).map(([node, text]) => [node, parseHaproxy(text).digest ?? '']));

function listenersOf(
  cluster: Cluster,
  vips: readonly VipStatus[],
  said: ClusterObservation | undefined,
): readonly ListenerStatus[] {
  return cluster.vips.flatMap(({ name, listen }) => {
    const holder = vips.find((vip) => vip.name === name)?.heldBy;
    const text = holder === undefined ? undefined : said?.balancers?.[holder];
    if (text === undefined) return [];
    const { servers } = parseHaproxy(text);
    return listen.map(({ port }) => {
      const behind = servers.filter(({ proxy }) => proxy === listenerName(name, port));
      const named = (up: boolean) => behind.filter((server) => server.up === up).map(({ node }) => node);
      return { vip: name, port, answering: named(true), silent: named(false) };
    });
  });
}

function leavingNodes(
  cluster: Cluster,
  view: CrmMon | undefined,
  kind: Node['kind'],
): Readonly<Record<string, NodeStatus>> {
  const known = new Set([...cluster.members, ...cluster.remotes].map(({ name }) => name));
  const others = [...(view?.nodes ?? [])].filter(([name, node]) => node.kind === kind && !known.has(name));
  return Object.fromEntries(others.map(([name, member]) => [name, memberStatus(member)]));
}

function fencingOf(view: CrmMon | undefined, device: ResourceStatus | undefined): ClusterStatus['fencing'] {
  if (view === undefined) return 'unknown';
  if (!view.fencingEnabled) return 'disabled';
  if (device === undefined) return 'unknown';
  if (device.state === 'started') return 'armed';
  return device.state === 'failed' || device.state === 'blocked' ? 'failed' : 'unknown';
}

function nodeStatus(node: Node, power: NodePower | undefined, view: CrmMon | undefined): NodeStatus {
  if (power === undefined || power.state === 'absent') return { state: 'absent' };
  const member = view?.nodes.get(node.name);
  // Stopped, and the cluster has not noticed yet or is about to fence it: not ours to start.
  // Without quorum a partition calls everybody unclean whom it has not seen yet, as every cluster does at its start.
  const judged = view?.quorate === true || power.state !== 'running';
  if ((member?.unclean === true && judged) || (member?.online === true && power.state === 'stopped'))
    return { state: 'unclean' };
  if (member?.unclean === true) return { state: 'offline' };
  switch (power.state) {
    case 'stopped':
      return { state: 'stopped' };
    case 'changing':
      return { state: 'booting' };
    case 'error':
      return { state: 'error', detail: power.detail };
    case 'running':
      break;
    default:
      return assertNever(power);
  }
  return member === undefined ? { state: 'booting' } : memberStatus(member);
}

function vipStatus(
  vip: Cluster['vips'][number],
  cloud: CloudObservation,
  resources: readonly ResourceStatus[],
): VipStatus {
  return {
    name: vip.name,
    address: vip.address,
    outside: cloud.outside[vip.name]?.address,
    ports: vip.ports,
    heldBy: resources.find(({ id }) => id === `vip-${vip.name}`)?.nodes[0],
  };
}

function volumeStatus(
  volume: Cluster['volumes'][number],
  cloud: CloudObservation,
  resources: readonly ResourceStatus[],
): VolumeStatus {
  return {
    name: volume.name,
    sizeGiB: volume.sizeGiB,
    mount: volume.mount,
    state: cloud.volumes[volume.name] ?? 'absent',
    mountedOn: resources.find(({ id }) => id === `mount-${volume.name}`)?.nodes[0],
  };
}

function judge(
  cloud: CloudObservation,
  nodes: Readonly<Record<string, NodeStatus>>,
  clusters: readonly ClusterStatus[],
  listeners: readonly ListenerStatus[],
  desired: 'present' | 'absent',
): { readonly state: DeploymentState; readonly because: string } {
  const entries = Object.entries(nodes);
  const nothing = cloud.tenant === 'absent' && entries.every(([, { state }]) => state === 'absent');
  if (desired === 'absent')
    return {
      state: nothing ? 'absent' : 'deleting',
      because: nothing ? 'nothing is left of it' : 'it is being deleted',
    };
  if (nothing) return { state: 'absent', because: 'nothing of it exists in the cloud yet' };
  const missing = entries.filter(([, { state }]) => state === 'absent').map(([name]) => name);
  if (missing.length > 0)
    return { state: 'creating', because: `${list(missing)} ${missing.length === 1 ? 'does' : 'do'} not exist yet` };
  const silent = clusters.filter(({ reachable }) => !reachable).map(({ name }) => name);
  if (silent.length > 0) return { state: 'down', because: `no member of cluster ${list(silent)} answers` };
  const lost = clusters.filter(({ quorate }) => !quorate).map(({ name }) => name);
  if (lost.length > 0) return { state: 'down', because: `cluster ${list(lost)} has no quorum, so it runs nothing` };
  return judgeQuorate(entries, clusters, listeners);
}

function judgeQuorate(
  nodes: readonly (readonly [string, NodeStatus])[],
  clusters: readonly ClusterStatus[],
  listeners: readonly ListenerStatus[],
): { readonly state: DeploymentState; readonly because: string } {
  const ill = nodes.filter(([, { state }]) => state !== 'online' && state !== 'standby' && state !== 'maintenance');
  if (ill.length > 0)
    return { state: 'degraded', because: ill.map(([name, { state }]) => `${name} is ${state}`).join(', ') };
  const unarmed = clusters.filter(({ fencing }) => fencing !== 'armed');
  if (unarmed.length > 0)
    return {
      state: 'degraded',
      because: unarmed.map(({ name, fencing }) => `fencing of cluster ${name} is ${fencing}`).join(', '),
    };
  const stopped = clusters.flatMap(({ resources }) => resources).filter(({ state }) => state !== 'started');
  if (stopped.length > 0)
    return { state: 'degraded', because: stopped.map(({ id, state }) => `${id} is ${state}`).join(', ') };
  const missing = clusters.flatMap((cluster) => cluster.missingInstances);
  if (missing.length > 0)
    return { state: 'degraded', because: missing.map(({ id, node }) => `${id} does not run on ${node}`).join(', ') };
  const unanswered = listeners.filter(({ answering }) => answering.length === 0);
  if (unanswered.length > 0) {
    const where = list(unanswered.map(({ vip, port }) => `port ${port} of VIP ${vip}`));
    return { state: 'degraded', because: `no node answers behind ${where}` };
  }
  const well = 'every node is online, fencing is armed and every resource runs';
  const alone = clusters.filter(({ corosyncMembers }) => corosyncMembers?.length === 1).map(({ name }) => name);
  if (alone.length === 0) return { state: 'ready', because: well };
  return { state: 'ready', because: `${well}; cluster ${list(alone)} has one node, so nothing takes over from it` };
}

const list = (names: readonly string[]): string => names.join(', ');
