/**
 * What should be and what is -> the next steps, each with its reason, or nothing left to do. Pure; never
 * acts. Only what can be done now is planned: the engine asks again after each round, so a plan that a
 * crash cut short costs nothing.
 */
import { cibDigest } from '../artefacts/cib/render-cib.ts';
import { haproxyDigest } from '../artefacts/haproxy/render-haproxy.ts';
import type { CloudObservation } from '../status/observation.ts';
import type { ClusterStatus, DeploymentStatus, NodeStatus } from '../status/status.ts';
import type { Cluster, Topology, Vip } from '../topology/topology.ts';
import { leftoverSteps, membershipSteps } from './membership.ts';
import { remoteSteps } from './remotes.ts';
import type { Plan, Step } from './step.ts';

/** `memory` is the digest of what the cloud should remember; undefined for a cloud that keeps nothing. */
export function planDeployment(
  topology: Topology,
  cloud: CloudObservation,
  status: DeploymentStatus,
  memory?: string,
): Plan {
  const undecided = attachSteps(topology);
  // What is undecided changes the ground and the nodes: neither can be planned before.
  if (undecided.length > 0) return { state: 'steps', steps: [...tenantSteps(cloud), ...undecided] };
  const made = [
    ...tenantSteps(cloud),
    ...groundSteps(topology, cloud),
    ...memorySteps(cloud, memory),
    ...bootSteps(topology, status),
  ];
  if (made.length > 0) return { state: 'steps', steps: made };
  const balancers = topology.clusters.flatMap((cluster) => balancerSteps(topology, cluster, status));
  const members = topology.clusters.flatMap((cluster) => membershipSteps(cluster, status));
  // Who leaves gets no more traffic before it is drained; who joins gets some once it is a member.
  const leaving = members.some(({ kind }) => kind === 'drain-node');
  if (members.length > 0) return { state: 'steps', steps: leaving ? [...balancers, ...members] : members };
  const drained = topology.clusters.flatMap((cluster) => remoteSteps(cluster, status));
  if (drained.length > 0) return { state: 'steps', steps: [...balancers, ...drained] };
  const rest = [
    ...leftoverSteps(cloud, status),
    ...balancers,
    ...topology.clusters.flatMap((cluster) => clusterSteps(topology, cluster, status)),
  ];
  return rest.length > 0 ? { state: 'steps', steps: rest } : { state: 'done' };
}

/** Everything that carries the deployment's tag goes, in one step that may be repeated. */
export function planRemoval(status: DeploymentStatus): Plan {
  if (status.state === 'absent') return { state: 'done' };
  return { state: 'steps', steps: [{ kind: 'remove-all', because: 'the deployment is to be deleted' }] };
}

function tenantSteps(cloud: CloudObservation): readonly Step[] {
  if (cloud.tenant === 'present' && cloud.credential === 'present') return [];
  const missing = cloud.tenant === 'absent' ? 'its tenant does not exist' : "the nodes' credential does not exist";
  return [{ kind: 'ensure-tenant', because: missing }];
}

function attachSteps(topology: Topology): readonly Step[] {
  const volumes = topology.clusters
    .flatMap((cluster) => cluster.volumes)
    .filter(({ attach }) => attach === 'auto')
    .map(({ name }) => name);
  if (volumes.length === 0) return [];
  return [
    { kind: 'decide-attach', volumes, because: `the specification leaves it to the cloud: ${volumes.join(', ')}` },
  ];
}

function memorySteps(cloud: CloudObservation, memory: string | undefined): readonly Step[] {
  if (memory === undefined || cloud.memory === memory) return [];
  const because = cloud.memory === undefined ? 'the cloud has none of it' : 'what the cloud has of it is older';
  return [{ kind: 'remember', because }];
}

function groundSteps(topology: Topology, cloud: CloudObservation): readonly Step[] {
  const networks = topology.networks
    .filter(({ name }) => cloud.networks[name] !== 'present')
    .map(({ name }) => `network ${name}`);
  const volumes = topology.clusters
    .flatMap((cluster) => cluster.volumes)
    .filter(({ name }) => cloud.volumes[name] !== 'present')
    .map(({ name }) => `volume ${name}`);
  const vips = outsideVips(topology)
    .filter((vip) => !isMapped(vip, cloud))
    .map(({ name }) => `outside address of VIP ${name}`);
  const missing = [...networks, ...volumes, ...vips];
  const unwanted = strayVips(topology, cloud).map((name) => `outside address of VIP ${name}`);
  if (missing.length === 0 && unwanted.length === 0) return [];
  const reasons = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...(unwanted.length === 0 ? [] : [`no longer in the specification: ${unwanted.join(', ')}`]),
  ];
  return [{ kind: 'ensure-ground', missing, because: reasons.join('; ') }];
}

const outsideVips = (topology: Topology): readonly Vip[] =>
  topology.clusters.flatMap((cluster) => cluster.vips).filter(({ external }) => external !== 'none');

/** Reachable from outside although nobody wants them to be any more. */
function strayVips(topology: Topology, cloud: CloudObservation): readonly string[] {
  const known = new Set(outsideVips(topology).map(({ name }) => name));
  return Object.keys(cloud.outside).filter((name) => !known.has(name));
}

function isMapped(vip: Vip, cloud: CloudObservation): boolean {
  const mapped = cloud.outside[vip.name];
  if (mapped === undefined || portList(mapped.ports) !== portList(vip.ports)) return false;
  return typeof vip.external === 'string' || vip.external.address === mapped.address;
}

const portList = (ports: readonly number[]): string => ports.toSorted((one, other) => one - other).join();

const isOrAre = (names: readonly string[]): string => (names.length === 1 ? 'is' : 'are');

/**
 * A node that the cluster still has to fence is left to the cluster: fencing starts it again. One that the
 * living members do not list yet would not be heard by them: `membershipSteps` has it listed first. A remote node
 * waits for its connection, which `update-resources` brings.
 */
function bootSteps(topology: Topology, status: DeploymentStatus): readonly Step[] {
  return topology.clusters.flatMap((cluster) => {
    const nodes = [...cluster.members, ...cluster.remotes];
    const inState = (wanted: NodeStatus['state']) =>
      nodes.map(({ name }) => name).filter((name) => (status.nodes[name]?.state ?? 'absent') === wanted);
    const absent = inState('absent');
    const listed = status.clusters.find(({ name }) => name === cluster.name)?.corosyncMembers;
    const unborn = absent.length === nodes.length;
    const remotes = new Set(cluster.remotes.map(({ name }) => name));
    const bootable = unborn ? absent : absent.filter((name) => remotes.has(name) || listed?.includes(name) === true);
    const members = unborn || listed === undefined ? cluster.members.map(({ name }) => name) : listed;
    const step = (chosen: readonly string[], reason: string): readonly Step[] =>
      chosen.length === 0
        ? []
        : [{ kind: 'boot-nodes', nodes: chosen, members, because: `${chosen.join(', ')} ${reason}` }];
    const stopped = inState('stopped');
    return [
      ...step(bootable, bootable.length === 1 ? 'does not exist' : 'do not exist'),
      ...step(stopped, `${isOrAre(stopped)} stopped`),
    ];
  });
}

/** Members that have loaded something else (who boots has yet to get its files); HAProxy listens on a VIP before Pacemaker brings it. */
function balancerSteps(topology: Topology, cluster: Cluster, status: DeploymentStatus): readonly Step[] {
  if (cluster.loadBalancing === undefined) return [];
  const loaded = status.clusters.find(({ name }) => name === cluster.name)?.balancers ?? {};
  const wanted = haproxyDigest(topology, cluster);
  const nodes = cluster.members
    .map(({ name }) => name)
    .filter((name) => isSettled(status, name) && (loaded[name] ?? wanted) !== wanted);
  if (nodes.length === 0) return [];
  const because = `${nodes.join(', ')} ${nodes.length === 1 ? 'balances' : 'balance'} by another configuration`;
  return [{ kind: 'update-load-balancers', cluster: cluster.name, nodes, because }];
}

function clusterSteps(topology: Topology, cluster: Cluster, status: DeploymentStatus): readonly Step[] {
  const seen = status.clusters.find(({ name }) => name === cluster.name);
  if (seen === undefined || !seen.reachable) return [wait(cluster, ['a member that answers'])];
  if (!seen.quorate) return [wait(cluster, ['quorum', ...lateNodes(cluster, status)])];
  if (seen.appliedDigest !== cibDigest(topology.deployment, cluster))
    return [
      { kind: 'update-resources', cluster: cluster.name, because: 'its resources differ from the specification' },
    ];
  const waitingFor = [...lateNodes(cluster, status), ...lateFencing(seen), ...lateResources(seen)];
  return waitingFor.length > 0 ? [wait(cluster, waitingFor)] : [];
}

const wait = (cluster: Cluster, waitingFor: readonly string[]): Step => ({
  kind: 'await-cluster',
  cluster: cluster.name,
  waitingFor,
  because: `cluster ${cluster.name} waits for ${waitingFor.join(', ')}`,
});

/** Standby and maintenance are somebody's wish, not something to wait for. */
function isSettled(status: DeploymentStatus, node: string): boolean {
  const settled: readonly NodeStatus['state'][] = ['online', 'standby', 'maintenance'];
  return settled.includes(status.nodes[node]?.state ?? 'absent');
}

const lateNodes = (cluster: Cluster, status: DeploymentStatus): readonly string[] =>
  [...cluster.members, ...cluster.remotes]
    .filter(({ name }) => !isSettled(status, name))
    .map(({ name }) => `${name} (${status.nodes[name]?.state ?? 'absent'})`);

const lateFencing = ({ fencing }: ClusterStatus): readonly string[] =>
  fencing === 'armed' ? [] : [`fencing (${fencing})`];

function lateResources({ resources, missingInstances, failures }: ClusterStatus): readonly string[] {
  const failureOf = (id: string, on?: string) =>
    failures.findLast(
      ({ what, node }) => what.startsWith(`${id.replace(/-clone$/, '')}_`) && (on === undefined || on === node),
    );
  const stopped = resources
    .filter(({ agent, state }) => state !== 'started' && !agent.startsWith('stonith:'))
    .map(({ id, state }) => {
      const failure = failureOf(id);
      return failure === undefined ? `${id} (${state})` : `${id} (${state}; on ${failure.node}: ${failure.reason})`;
    });
  const missing = missingInstances.map(({ id, node }) => {
    const failure = failureOf(id, node);
    return failure === undefined ? `${id} on ${node}` : `${id} on ${node} (${failure.reason})`;
  });
  return [...stopped, ...missing];
}
