/**
 * What things are called in Incus, and the tags by which they are found again. Every name is a function of
 * the deployment's, so a run that lost its memory finds what an earlier one made.
 */
import { createHash } from 'node:crypto';
import type { Network, NetworkName, Node, Topology, Vip, Volume } from '../../topology/topology.ts';

export const TAG = 'user.quorate.deployment';
export const NETWORK_TAG = 'user.quorate.network';
export const VIP_TAG = 'user.quorate.vip';
/** On the host's bridge: the external network whose addresses VIPs get. */
export const EXTERNAL_TAG = 'user.quorate.external';

const PROJECT_PREFIX = 'quorate-';

export const projectName = (deployment: string): string => `${PROJECT_PREFIX}${deployment}`;

/** The certificate carries no tags in Incus; its name is all there is. */
export const certificateName = projectName;

export const deploymentOfCertificate = (name: string): string | undefined =>
  name.startsWith(PROJECT_PREFIX) ? name.slice(PROJECT_PREFIX.length) : undefined;

const suffixes: Readonly<Record<NetworkName, string>> = {
  cluster: 'c',
  services: 's',
  public: 'p',
  backend: 'b',
  'lb-cluster': 'lc',
  'storage-cluster': 'sc',
  storage: 'st',
};

/** How all bridges of a deployment begin. A Linux interface's name has at most 15 characters: hence the digest. */
export const bridgePrefix = (deployment: string): string =>
  `q${createHash('sha256').update(deployment).digest('hex').slice(0, 8)}-`;

export const bridgeName = (deployment: string, network: NetworkName): string =>
  `${bridgePrefix(deployment)}${suffixes[network]}`;

export const volumeDevice = (volume: string): string => `volume-${volume}`;

/** Where a volume appears on a node that it is attached to; Pacemaker mounts it from there. */
export const volumePath = (volume: string): string => `/var/lib/quorate/volumes/${volume}`;

export const allVips = (topology: Topology): readonly Vip[] => topology.clusters.flatMap((cluster) => cluster.vips);

export const allVolumes = (topology: Topology): readonly Volume[] =>
  topology.clusters.flatMap((cluster) => cluster.volumes);

/** Volumes that are attached to the node from its creation on: the shared ones of its cluster, or of its role. */
export function volumesAttachedTo(topology: Topology, node: Node): readonly Volume[] {
  return topology.clusters
    .filter(({ members, remotes }) => [...members, ...remotes].some(({ name }) => name === node.name))
    .flatMap(({ volumes }) => volumes)
    .filter(
      ({ attach, role }) => attach !== 'moving' && (role === undefined ? node.kind === 'member' : node.tier === role),
    );
}

export const routedNetworks = (topology: Topology): readonly Network[] =>
  topology.networks.filter(({ routed }) => routed);
