/** What of a deployment exists in OpenStack now: a handful of reads at once, nothing judged, nothing changed. */
import { z } from 'zod';
import {
  groundStackName,
  mayHave,
  networkTag,
  tiersOf,
  VOLUME_KEY,
  vipOfTag,
  vipPortOfTag,
  vipTag,
} from '../../artefacts/heat/index.ts';
import type { CloudObservation, NodePower, Presence } from '../../status/observation.ts';
import { allNodes, type Network, type Node, type Topology, type Volume } from '../../topology/topology.ts';
import { memoryDigest } from '../memory-digest.ts';
import type { OpenStackClient } from './client/index.ts';
import { listStacks } from './heat/stacks.ts';
import { readMemory } from './memory.ts';
import { findCredential } from './node-credential.ts';
import { neverRan } from './nodes.ts';
import { readAll } from './read.ts';
import {
  floatingIps,
  networksOf,
  type PortRecord,
  portsOf,
  type ServerRecord,
  serversOf,
  volumesOf,
} from './records.ts';
import { findTenantUser } from './tenant.ts';
import { type Workspaces, workspaceOf } from './workspace.ts';

export async function observe(workspaces: Workspaces, topology: Topology): Promise<CloudObservation> {
  const { deployment } = topology;
  const workspace = await workspaceOf(workspaces, topology);
  if (workspace === undefined) return nothing(topology);
  const { client, tenant } = workspace;
  const [credential, stacks, networks, ports, outside, volumes, servers, memory] = await Promise.all([
    hasCredential(workspaces, deployment, tenant?.id),
    listStacks(client, deployment),
    networksOf(client, deployment),
    portsOf(client, deployment),
    outsideOf(client, deployment),
    volumesOf(client, deployment),
    serversOf(client, deployment),
    readMemory(client, deployment),
  ]);
  const ground = stacks.find(({ name }) => name === groundStackName(deployment));
  const isBuilt = ground?.status.endsWith('_COMPLETE') === true;
  const living = servers.filter((server) => !neverRan(server));
  const byName = new Map(living.map((server) => [server.name, server]));
  const settled = new Map(living.filter(isSettled).map((server) => [server.name, server]));
  const nodes = allNodes(topology);
  const known = new Set(nodes.map(({ name }) => name));
  return {
    // Without a tenant of its own, its part of the project is the credential.
    tenant: tenant === undefined ? credential : 'present',
    credential,
    networks: record(topology.networks, (network) => {
      const found = networks.find(({ tags }) => tags.includes(networkTag(network.name)));
      const whole = found !== undefined && found.subnets.length > 0 && isBuilt;
      return presence(whole && vipsAreKept(topology, network, ports, settled));
    }),
    volumes: record(volumesIn(topology), (volume) => {
      const found = volumes.find(({ metadata }) => metadata[VOLUME_KEY] === volume.name);
      const usable = found !== undefined && !unusable.test(found.status);
      return presence(usable && missingAttachments(topology, volume, found.id, settled).length === 0);
    }),
    outside,
    nodes: record(nodes, ({ name }) => powerOf(byName.get(name))),
    strayNodes: living.map(({ name }) => name).filter((name) => !known.has(name)),
    hosts: Object.fromEntries(living.flatMap(({ name, hostId }) => (hostId === '' ? [] : [[name, hostId]]))),
    ...(memory === undefined ? {} : { memory: memoryDigest(memory) }),
  };
}

const nothing = (topology: Topology): CloudObservation => ({
  tenant: 'absent',
  credential: 'absent',
  networks: record(topology.networks, () => 'absent'),
  volumes: record(volumesIn(topology), () => 'absent'),
  outside: {},
  nodes: record(allNodes(topology), () => ({ state: 'absent' })),
  strayNodes: [],
  hosts: {},
});

const record = <Item extends { readonly name: string }, Value>(
  items: readonly Item[],
  value: (item: Item) => Value,
): Readonly<Record<string, Value>> => Object.fromEntries(items.map((item) => [item.name, value(item)]));

const presence = (there: boolean): Presence => (there ? 'present' : 'absent');

const volumesIn = ({ clusters }: Topology): readonly Volume[] => clusters.flatMap(({ volumes }) => volumes);

/** Cinder's states of a volume that is not there yet, not any more, or never came to be. */
const unusable = /^(creating|deleting|error)/;

async function hasCredential({ own }: Workspaces, deployment: string, tenant: string | undefined): Promise<Presence> {
  const { userId, projectId } = await own.session();
  const owner = tenant === undefined ? userId : await findTenantUser(own, deployment);
  const found = owner === undefined ? undefined : await findCredential(own, owner, deployment);
  return presence(found?.project_id === (tenant ?? projectId));
}

/** The address of every VIP is kept by a port, and every node that may hold it may send from it. */
function vipsAreKept(
  topology: Topology,
  network: Network,
  ports: readonly PortRecord[],
  servers: ReadonlyMap<string, ServerRecord>,
): boolean {
  const byDevice = Map.groupBy(ports, ({ device_id }) => device_id);
  return tiersOf(topology).every((tier) => {
    const vips = tier.cluster.vips.filter((vip) => vip.network === network.name && mayHave(tier, vip));
    const kept = vips.every(({ name }) => ports.some(({ tags }) => tags.includes(vipTag(name))));
    const allowed = tier.nodes.every(({ name }) => {
      const own = byDevice.get(servers.get(name)?.id ?? '') ?? [];
      const pairs = own.flatMap(({ allowed_address_pairs }) =>
        allowed_address_pairs.map(({ ip_address }) => ip_address),
      );
      return !servers.has(name) || vips.every(({ address }) => pairs.includes(address));
    });
    return kept && allowed;
  });
}

/** Nodes that are to have a shared volume and do not: the cluster may mount it on any of them. */
function missingAttachments(
  topology: Topology,
  volume: Volume,
  id: string,
  servers: ReadonlyMap<string, ServerRecord>,
): readonly Node[] {
  if (volume.attach !== 'shared') return [];
  return tiersOf(topology)
    .filter((tier) => tier.cluster.volumes.includes(volume) && mayHave(tier, volume))
    .flatMap(({ nodes }) => nodes)
    .filter(({ name }) => {
      const server = servers.get(name);
      return server !== undefined && !server['os-extended-volumes:volumes_attached'].some((each) => each.id === id);
    });
}

/** By VIP: its floating IP, and what the rules of its port's groups let in of what is meant for it. */
export async function outsideOf(client: OpenStackClient, deployment: string): Promise<CloudObservation['outside']> {
  const RuleRecord = z.object({
    security_group_id: z.string(),
    direction: z.string(),
    port_range_min: z.number().nullish(),
  });
  const [ports, addresses, rules] = await Promise.all([
    portsOf(client, deployment),
    floatingIps(client),
    readAll(client, { service: 'network', path: '/security-group-rules' }, 'security_group_rules', RuleRecord),
  ]);
  return Object.fromEntries(
    ports.flatMap((port) => {
      const vip = port.tags.map(vipOfTag).find((name) => name !== undefined);
      const address = addresses.find(({ port_id }) => port_id === port.id);
      if (vip === undefined || address === undefined) return [];
      const open = new Set(
        rules
          .filter((rule) => rule.direction === 'ingress' && port.security_groups.includes(rule.security_group_id))
          .map(({ port_range_min }) => port_range_min),
      );
      const wanted = port.tags.map(vipPortOfTag).filter((number) => number !== undefined);
      return [[vip, { address: address.floating_ip_address, ports: wanted.filter((number) => open.has(number)) }]];
    }),
  );
}

/** It has been made, whether or not it runs: what it is to have, it should have. */
const isSettled = ({ status }: ServerRecord): boolean => status === 'ACTIVE' || status === 'SHUTOFF';

/** Nova's states (Compute API guide, "Server concepts"). A task in progress counts more than the state it leaves. */
function powerOf(server: ServerRecord | undefined): NodePower {
  if (server === undefined) return { state: 'absent' };
  const { status } = server;
  const task = server['OS-EXT-STS:task_state'] ?? undefined;
  switch (status) {
    case 'DELETED':
    case 'SOFT_DELETED':
      return { state: 'absent' };
    case 'ERROR':
      return { state: 'error', detail: server.fault?.message ?? 'Nova reports it in error' };
    case 'ACTIVE':
    case 'VERIFY_RESIZE':
    case 'PASSWORD':
      return task === undefined ? { state: 'running' } : { state: 'changing', detail: task };
    case 'SHUTOFF':
      return task === undefined ? { state: 'stopped' } : { state: 'changing', detail: task };
    case 'PAUSED':
    case 'SUSPENDED':
    case 'SHELVED':
    case 'SHELVED_OFFLOADED':
    case 'RESCUE':
    case 'UNKNOWN':
      return { state: 'error', detail: `the server is ${status}` };
    default:
      return { state: 'changing', detail: status };
  }
}
