/**
 * A slice of a tier -> the stack of its servers, each with resources of its own by name (`app_2_server`): a
 * node can be added, removed or made again while no other is touched. What it refers to comes from the ground's
 * output `environment`. User data is a hidden parameter of each node; a change of it never replaces a server.
 * Source: Heat's resource types OS::Nova::Server, OS::Neutron::Port, OS::Cinder::VolumeAttachment.
 */
import { invariant } from '../../kernel/invariant.ts';
import type { Node, Topology, Volume } from '../../topology/topology.ts';
import {
  attachmentResource,
  deploymentMetadata,
  deploymentTag,
  groupResource,
  NODE_KEY,
  networkResource,
  portResource,
  projectName,
  serverResource,
  serversResource,
  userDataParameter,
  volumeMetadataKey,
  volumeResource,
} from './names.ts';
import type { Slice } from './slices.ts';
import {
  type HeatParameter,
  type HeatResource,
  type HeatTemplate,
  heatVersion,
  mustExist,
  param,
  renderTemplate,
  resource,
} from './template.ts';
import { type Tier, tiersOf, vipsOf, volumesOf } from './tiers.ts';

/** The image's name where the specification names none. */
export const defaultImage = 'quorate-node';

export const renderTier = (topology: Topology, slice: Slice): string =>
  renderTemplate(
    deriveTier(topology, slice),
    Object.fromEntries(slice.nodes.map((node) => [portResource(node, firstNetwork(node)), node.name])),
  );

const firstNetwork = ({ name, addresses }: Node) => {
  const network = addresses[0]?.network;
  invariant(network, `${name} is on a network`);
  return network;
};

/** `slice.nodes` may be any of the tier's nodes; the topology's others are left out. */
export function deriveTier(topology: Topology, slice: Slice): HeatTemplate {
  const tier = tiersOf(topology).find(({ name }) => name === slice.tier);
  invariant(tier, `tier ${slice.tier} is the topology's`);
  const nodes = slice.nodes.map((node) => nodeResources(topology, tier, node));
  return {
    heat_template_version: heatVersion,
    description: `Quorate deployment ${topology.deployment}: nodes of ${tier.name}`,
    parameters: parametersOf(topology, tier, slice.nodes),
    resources: chained(Object.assign({}, ...nodes) as HeatTemplate['resources']),
    outputs: {
      servers: {
        description: 'Server ids by node',
        value: Object.fromEntries(slice.nodes.map((node) => [node.name, resource(serverResource(node))])),
      },
    },
  };
}

function parametersOf(topology: Topology, tier: Tier, nodes: readonly Node[]): Readonly<Record<string, HeatParameter>> {
  const existing = (name: string, what: string): [string, HeatParameter] => [
    name,
    { type: 'string', constraints: mustExist(what) ?? [] },
  ];
  const text = (name: string, description: string): [string, HeatParameter] => [name, { type: 'string', description }];
  return Object.fromEntries<HeatParameter>([
    [
      'image',
      { type: 'string', default: topology.image ?? defaultImage, constraints: mustExist('glance.image') ?? [] },
    ],
    ['flavor', { type: 'string', default: nodes[0]?.flavor ?? 'small', constraints: mustExist('nova.flavor') ?? [] }],
    ['availability_zone', { type: 'string', default: '', description: 'Empty: any.' }],
    ...tier.networks.map((network) => existing(networkResource(network), 'neutron.network')),
    ...tier.networks.map((network) => existing(groupResource(tier.name, network), 'neutron.security_group')),
    text(serversResource(tier.name), 'Server group that keeps the nodes on different hosts.'),
    ...volumesOf(tier).map(({ name }) => existing(volumeResource(name), 'cinder.volume')),
    ...nodes.map((node): [string, HeatParameter] => [userDataParameter(node), { type: 'string', hidden: true }]),
  ]);
}

function nodeResources(topology: Topology, tier: Tier, node: Node): Readonly<Record<string, HeatResource>> {
  const ports = node.addresses.map(({ network, address }): [string, HeatResource] => [
    portResource(node, network),
    portTemplate(topology, tier, node, { network, address }),
  ]);
  const shared = volumesOf(tier).filter(({ attach }) => attach === 'shared');
  return Object.fromEntries<HeatResource>([
    ...ports,
    [serverResource(node), serverTemplate(topology, tier, node)],
    ...shared.map((volume): [string, HeatResource] => [
      attachmentResource(node, volume.name),
      attachmentTemplate(node, volume),
    ]),
  ]);
}

function portTemplate(
  { deployment }: Topology,
  tier: Tier,
  node: Node,
  { network, address }: Pick<Node['addresses'][number], 'network' | 'address'>,
): HeatResource {
  const pairs = vipsOf(tier, network).map((vip) => ({ ip_address: vip.address }));
  return {
    type: 'OS::Neutron::Port',
    properties: {
      name: projectName(deployment, node.name, network),
      tags: [deploymentTag(deployment)],
      network: param(networkResource(network)),
      fixed_ips: [{ ip_address: address }],
      security_groups: [param(groupResource(tier.name, network))],
      // The exact addresses of the VIPs that this node may hold: anything else from it is dropped as spoofed.
      ...(pairs.length === 0 ? {} : { allowed_address_pairs: pairs }),
    },
  };
}

function serverTemplate({ deployment }: Topology, tier: Tier, node: Node): HeatResource {
  const volumes = volumesOf(tier).map(({ name }) => [volumeMetadataKey(name), param(volumeResource(name))]);
  return {
    type: 'OS::Nova::Server',
    properties: {
      name: node.name,
      image: param('image'),
      flavor: param('flavor'),
      availability_zone: param('availability_zone'),
      config_drive: true,
      user_data_format: 'RAW',
      user_data: param(userDataParameter(node)),
      // Read at the first boot only: without this Heat would replace a running node.
      user_data_update_policy: 'IGNORE',
      networks: node.addresses.map(({ network }) => ({ port: resource(portResource(node, network)) })),
      scheduler_hints: { group: param(serversResource(tier.name)) },
      metadata: {
        ...deploymentMetadata(deployment),
        [NODE_KEY]: node.name,
        'quorate:tier': tier.name,
        ...Object.fromEntries(volumes),
      },
    },
  };
}

const attachmentTemplate = (node: Node, { name }: Volume): HeatResource => ({
  type: 'OS::Cinder::VolumeAttachment',
  properties: { instance_uuid: resource(serverResource(node)), volume_id: param(volumeResource(name)) },
});

/**
 * The attachments of one volume one after the other: while one is being made, Cinder answers the next with 400.
 * `resources` may come from several renderings, in any state; chains are made anew over all of them.
 */
export function chained(resources: HeatTemplate['resources']): HeatTemplate['resources'] {
  const last = new Map<string, string>();
  return Object.fromEntries(
    Object.entries(resources).map(([name, each]) => {
      if (each.type !== 'OS::Cinder::VolumeAttachment') return [name, each];
      const volume = JSON.stringify(each.properties?.['volume_id']);
      const before = last.get(volume);
      last.set(volume, name);
      const { depends_on: _, ...alone } = each;
      return [name, before === undefined ? alone : { ...alone, depends_on: [before] }];
    }),
  );
}
