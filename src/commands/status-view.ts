/** What was observed, together with what the topology knows of it, as people and programs read it. */
import type { DeploymentRecord } from '../engine/engine.ts';
import type {
  ClusterStatus,
  DeploymentStatus,
  Failure,
  FencingEvent,
  ListenerStatus,
  ResourceStatus,
} from '../status/status.ts';
import type { Address, Cluster, Node, Topology } from '../topology/topology.ts';

export type NodeView = {
  readonly name: string;
  readonly cluster: string;
  readonly tier: string;
  readonly kind: 'member' | 'remote';
  readonly state: string;
  /** Why it is in `error`. */
  readonly detail?: string;
  /** Elected designated controller (DC) of its cluster. */
  readonly dc: boolean;
  readonly addresses: readonly Address[];
  readonly holds: {
    readonly vips: readonly string[];
    readonly volumes: readonly string[];
    readonly services: readonly string[];
  };
};

export type ServiceView = {
  readonly name: string;
  readonly cluster: string;
  readonly state: ResourceStatus['state'] | 'unknown';
  readonly nodes: readonly string[];
  readonly promotedOn: readonly string[];
};

export type ClusterView = Pick<ClusterStatus, 'name' | 'reachable' | 'quorate' | 'fencing'> & {
  readonly dc: string | null;
  readonly members: number;
  readonly online: number;
};

export type VipView = {
  readonly name: string;
  readonly address: string;
  /** null: none, or not mapped yet. */
  readonly outside: string | null;
  readonly ports: readonly number[];
  /** null: nobody. */
  readonly heldBy: string | null;
};

/** A port of a VIP on the load balancers, and the nodes behind it that get its traffic. */
export type ListenerView = ListenerStatus;

export type VolumeView = {
  readonly name: string;
  readonly sizeGiB: number;
  readonly mount: string;
  readonly state: 'present' | 'absent';
  readonly mountedOn: string | null;
};

/** A machine of the cloud, where the cloud tells: nodes on one machine die together. */
export type HostView = { readonly host: string; readonly nodes: readonly string[] };

export type StatusView = {
  readonly name: string;
  readonly state: DeploymentStatus['state'];
  readonly because: string;
  readonly cloud: string;
  readonly generation: number;
  readonly desired: 'present' | 'absent';
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly clusters: readonly ClusterView[];
  readonly nodes: readonly NodeView[];
  readonly vips: readonly VipView[];
  readonly listeners: readonly ListenerView[];
  readonly volumes: readonly VolumeView[];
  readonly services: readonly ServiceView[];
  readonly hosts: readonly HostView[];
  readonly failures: readonly Failure[];
  /** Newest first, as Pacemaker keeps them. */
  readonly fencing: readonly FencingEvent[];
};

export function viewStatus(record: DeploymentRecord, topology: Topology, status: DeploymentStatus): StatusView {
  const services = topology.clusters.flatMap((cluster) => serviceViews(cluster, clusterStatus(status, cluster)));
  return {
    name: status.deployment,
    state: status.state,
    because: status.because,
    cloud: record.cloud,
    generation: record.generation,
    desired: record.desired,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    clusters: topology.clusters.map((cluster) => clusterView(cluster, status)),
    nodes: topology.clusters.flatMap((cluster) =>
      [...cluster.members, ...cluster.remotes].map((node) => nodeView(cluster, node, status, services)),
    ),
    vips: status.vips.map(({ name, address, outside, ports, heldBy }) => ({
      name,
      address,
      outside: outside ?? null,
      ports,
      heldBy: heldBy ?? null,
    })),
    listeners: status.listeners,
    volumes: status.volumes.map((volume) => ({ ...volume, mountedOn: volume.mountedOn ?? null })),
    services,
    hosts: status.hosts,
    failures: status.clusters.flatMap(({ failures }) => failures),
    fencing: status.clusters.flatMap(({ fencingHistory }) => fencingHistory),
  };
}

const clusterStatus = (status: DeploymentStatus, cluster: Cluster): ClusterStatus | undefined =>
  status.clusters.find(({ name }) => name === cluster.name);

function clusterView(cluster: Cluster, status: DeploymentStatus): ClusterView {
  const seen = clusterStatus(status, cluster);
  return {
    name: cluster.name,
    reachable: seen?.reachable ?? false,
    quorate: seen?.quorate ?? false,
    fencing: seen?.fencing ?? 'unknown',
    dc: seen?.dc ?? null,
    members: cluster.members.length,
    online: cluster.members.filter(({ name }) => status.nodes[name]?.state === 'online').length,
  };
}

function nodeView(cluster: Cluster, node: Node, status: DeploymentStatus, services: readonly ServiceView[]): NodeView {
  const seen = status.nodes[node.name] ?? { state: 'absent' };
  return {
    name: node.name,
    cluster: cluster.name,
    tier: node.tier,
    kind: node.kind,
    state: seen.state,
    ...('detail' in seen ? { detail: seen.detail } : {}),
    dc: clusterStatus(status, cluster)?.dc === node.name,
    addresses: node.addresses,
    holds: {
      vips: status.vips.filter(({ heldBy }) => heldBy === node.name).map(({ name }) => name),
      volumes: status.volumes.filter(({ mountedOn }) => mountedOn === node.name).map(({ name }) => name),
      services: services.filter(({ nodes }) => nodes.includes(node.name)).map(({ name }) => name),
    },
  };
}

const serviceViews = (cluster: Cluster, seen: ClusterStatus | undefined): readonly ServiceView[] =>
  cluster.services.map(({ name, run }) => {
    const resource = seen?.resources.find(({ id }) => id === (run === 'single' ? name : `${name}-clone`));
    return {
      name,
      cluster: cluster.name,
      state: resource?.state ?? 'unknown',
      nodes: resource?.nodes ?? [],
      promotedOn: resource?.promotedOn ?? [],
    };
  });
