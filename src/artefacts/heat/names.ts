/**
 * What a deployment's things are called in OpenStack, and how they are found again: stacks, ports and networks by
 * a tag, servers and volumes by metadata, security groups and floating IPs through their stack. Every name is a
 * function of the topology's, so a run that lost its memory finds what an earlier one made.
 */
import type { NetworkName, Node } from '../../topology/topology.ts';

const DEPLOYMENT_KEY = 'quorate:deployment';
const VIP_KEY = 'quorate:vip';
const PORT_KEY = 'quorate:port';

const valueOf = (key: string, tag: string): string | undefined =>
  tag.startsWith(`${key}=`) ? tag.slice(key.length + 1) : undefined;

/** Of stacks, networks and ports. */
export const deploymentTag = (deployment: string): string => `${DEPLOYMENT_KEY}=${deployment}`;
export const networkTag = (network: NetworkName): string => `quorate:network=${network}`;
/** On the port that keeps a VIP's address; and what is let in for it, because a rule does not say for which VIP. */
export const vipTag = (vip: string): string => `${VIP_KEY}=${vip}`;
export const vipPortTag = (port: number): string => `${PORT_KEY}=${port}`;
export const vipOfTag = (tag: string): string | undefined => valueOf(VIP_KEY, tag);
export const vipPortOfTag = (tag: string): number | undefined => {
  const port = valueOf(PORT_KEY, tag);
  return port === undefined ? undefined : Number(port);
};
/** A floating IP has no tag in Heat. */
export const outsideDescription = (deployment: string, vip: string): string =>
  `Quorate deployment ${deployment}: VIP ${vip}`;

/** Of servers and volumes. */
export const deploymentMetadata = (deployment: string): Readonly<Record<string, string>> => ({
  [DEPLOYMENT_KEY]: deployment,
});
export const NODE_KEY = 'quorate:node';
export const VOLUME_KEY = 'quorate:volume';
/** On a server: the id of a volume that it may be given. The volume agent on the node reads it. */
export const volumeMetadataKey = (volume: string): string => `quorate_volume_${volume}`;

/** The value of a tag or of the metadata that names a deployment; undefined for any other. */
export const deploymentOfTag = (tag: string): string | undefined => valueOf(DEPLOYMENT_KEY, tag);
export const deploymentOfMetadata = (metadata: Readonly<Record<string, string>>): string | undefined =>
  metadata[DEPLOYMENT_KEY];

/** A dot, which no name of ours has: `quorate-a-b.ground` is never part `b-ground` of deployment `a`. */
const stackName = (deployment: string, part: string): string => `quorate-${deployment}.${part}`;

export const deploymentOfStack = (name: string): string | undefined =>
  /^quorate-(?<deployment>[^.]+)\.[^.]+/.exec(name)?.groups?.['deployment'];

export const groundStackName = (deployment: string): string => stackName(deployment, 'ground');

/** `quorate-billing.app`; of a large tier's second slice `quorate-fleet.web.2`. */
export const sliceStackName = (deployment: string, tier: string, slice: number): string =>
  stackName(deployment, slice === 1 ? tier : `${tier}.${slice}`);

/** Of what has a name in its project: networks, groups, ports. */
export const projectName = (deployment: string, ...parts: readonly string[]): string =>
  [deployment, ...parts].join('-');

/** Names inside a template: letters, digits and underscores, so that `{get_resource: …}` needs no quotes. */
export const word = (...parts: readonly string[]): string => parts.join('_').replaceAll('-', '_');

export const networkResource = (network: NetworkName): string => word('network', network);
export const subnetResource = (network: NetworkName): string => word('subnet', network);
export const groupResource = (tier: string, network: NetworkName): string => word('group', tier, network);
export const serversResource = (tier: string): string => word('servers', tier);
export const volumeResource = (volume: string): string => word('volume', volume);
export const vipResource = (vip: string): string => word('vip', vip);

/** `app_2_`: what all resources of a node begin with. */
const nodeResource = (node: Node, part: string): string => word(node.name, part);
export const serverResource = (node: Node): string => nodeResource(node, 'server');
export const portResource = (node: Node, network: NetworkName): string => nodeResource(node, `port_${network}`);
export const attachmentResource = (node: Node, volume: string): string => nodeResource(node, `volume_${volume}`);
export const userDataParameter = (node: Node): string => nodeResource(node, 'user_data');
