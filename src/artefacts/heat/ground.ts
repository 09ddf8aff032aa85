/**
 * A topology -> the stack that nodes stand on: networks, router, security groups, addresses of the VIPs inside and
 * outside, volumes, server groups. It needs no node, and the tiers' stacks get what they refer to from its output
 * `environment`. `quorate_memory` is kept for `quorate import`; whatever it says, no resource depends on it.
 * Source: Heat's resource types OS::Neutron::*, OS::Cinder::Volume, OS::Nova::ServerGroup.
 */
import type { Network, Topology, Vip, Volume } from '../../topology/topology.ts';
import {
  deploymentMetadata,
  deploymentTag,
  groupResource,
  networkResource,
  networkTag,
  outsideDescription,
  projectName,
  serversResource,
  subnetResource,
  VOLUME_KEY,
  vipPortTag,
  vipResource,
  vipTag,
  volumeResource,
  word,
} from './names.ts';
import { ACCESS_PARAMETER, deriveGroups, deriveRules } from './security.ts';
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
import { mayHave, routeRanks, tiersOf } from './tiers.ts';

export const MEMORY = 'quorate_memory';
/** Ids that the tiers' templates ask for, as an environment of Heat. */
export const ENVIRONMENT_OUTPUT = 'environment';

type Resources = Readonly<Record<string, HeatResource>>;

export const renderGround = (topology: Topology): string =>
  renderTemplate(deriveGround(topology), {
    ...Object.fromEntries(Object.entries(deriveRules(topology)).map(([name, { why }]) => [name, why])),
    ...Object.fromEntries(
      allVips(topology).map(({ name }) => [
        vipResource(name),
        `Bound to no server: it keeps the address of VIP ${name}, which Pacemaker gives to one of the nodes.`,
      ]),
    ),
  });

export function deriveGround(topology: Topology): HeatTemplate {
  const tiers = tiersOf(topology);
  const groups = deriveGroups(topology);
  return {
    heat_template_version: heatVersion,
    description: `Quorate deployment ${topology.deployment}: networks, addresses and volumes`,
    parameters: parametersOf(topology),
    resources: {
      ...merge(topology.networks.map((network) => networkResources(topology, network))),
      ...routerResources(topology),
      ...Object.fromEntries(groups.map((group) => [group.resource, group.template])),
      ...Object.fromEntries(Object.entries(deriveRules(topology)).map(([name, { template }]) => [name, template])),
      ...merge(allVips(topology).map((vip) => vipResources(topology, vip))),
      ...Object.fromEntries(
        allVolumes(topology).map((volume) => [volumeResource(volume.name), volumeTemplate(topology, volume)]),
      ),
      ...Object.fromEntries(tiers.map(({ name }) => [serversResource(name), serverGroup(topology, name)])),
    },
    outputs: outputsOf(topology),
  };
}

const allVips = ({ clusters }: Topology): readonly Vip[] => clusters.flatMap(({ vips }) => vips);
const allVolumes = ({ clusters }: Topology): readonly Volume[] => clusters.flatMap(({ volumes }) => volumes);
const routed = ({ networks }: Topology): readonly Network[] => networks.filter((network) => network.routed);
const merge = (parts: readonly Resources[]): Resources => Object.assign({}, ...parts) as Resources;

/** Which of the two types a deployment's volumes are made of. */
const volumeTypes = (topology: Topology): readonly string[] => [...new Set(allVolumes(topology).map(volumeType))];
const volumeType = ({ attach }: Volume): string => (attach === 'shared' ? 'shared_volume_type' : 'volume_type');

/** A VIP with a given address outside: whose id is asked for under this name. */
export const floatingIpParameter = (vip: string): string => word('floating_ip', vip);

function parametersOf(topology: Topology): Readonly<Record<string, HeatParameter>> {
  const types: Readonly<Record<string, string>> = {
    volume_type: "Volume type; what is there without a choice is Cinder's own default.",
    shared_volume_type: 'Volume type that has multiattach, for the volumes that are attached to several servers.',
  };
  return {
    external_network: {
      type: 'string',
      description: 'Network that floating IPs are from, and the way out.',
      constraints: mustExist('neutron.network') ?? [],
    },
    dns_servers: {
      type: 'comma_delimited_list',
      description: "Name servers of the nodes; empty: the image's own.",
      default: [],
    },
    ...(allVips(topology).some(({ from }) => from?.length === 0)
      ? {
          [ACCESS_PARAMETER]: {
            type: 'string',
            description: 'Network from which the nodes may be entered by SSH, like 192.0.2.0/24.',
            constraints: mustExist('net_cidr') ?? [],
          },
        }
      : {}),
    ...Object.fromEntries(
      allVips(topology)
        .filter(({ external }) => typeof external === 'object')
        .map(({ name, external }) => [
          floatingIpParameter(name),
          {
            type: 'string',
            description: `Id of the floating IP ${typeof external === 'object' ? external.address : ''}.`,
          } as const,
        ]),
    ),
    ...Object.fromEntries(
      volumeTypes(topology).map((name) => [
        name,
        {
          type: 'string',
          description: types[name] ?? '',
          constraints: mustExist('cinder.vtype') ?? [],
          ...(name === 'volume_type' ? { default: '__DEFAULT__' } : {}),
        } as const,
      ]),
    ),
    [MEMORY]: { type: 'string', description: 'What Quorate needs to adopt the deployment.', default: '', hidden: true },
  };
}

function networkResources(topology: Topology, network: Network): Resources {
  const { deployment } = topology;
  const tags = [deploymentTag(deployment), networkTag(network.name)];
  const name = projectName(deployment, network.name);
  const rank = routeRanks(topology).get(network.name) ?? 0;
  return {
    [networkResource(network.name)]: { type: 'OS::Neutron::Net', properties: { name, tags } },
    [subnetResource(network.name)]: {
      type: 'OS::Neutron::Subnet',
      properties: {
        name,
        tags,
        network: resource(networkResource(network.name)),
        cidr: network.cidr,
        // Every address is written down in advance; a renewal of a lease could cost corosync its link.
        enable_dhcp: false,
        gateway_ip: network.routed ? network.gateway : null,
        ...(network.routed ? { dns_nameservers: param('dns_servers') } : {}),
        ...(rank > 0 ? { host_routes: wayOut(rank, network.gateway) } : {}),
      },
    },
  };
}

/** All addresses in 2^rank routes, see `routeRanks`. */
const wayOut = (rank: number, nexthop: string) =>
  Array.from({ length: 2 ** rank }, (_, index) => ({
    destination: `${index * 2 ** (8 - rank)}.0.0.0/${rank}`,
    nexthop,
  }));

function routerResources(topology: Topology): Resources {
  const interfaces = routed(topology).map(({ name }) => [
    word('router', name),
    {
      type: 'OS::Neutron::RouterInterface',
      properties: { router: resource('router'), subnet: resource(subnetResource(name)) },
    },
  ]);
  return {
    router: {
      type: 'OS::Neutron::Router',
      properties: {
        name: projectName(topology.deployment, 'router'),
        external_gateway_info: { network: param('external_network') },
      },
    },
    ...(Object.fromEntries(interfaces) as Resources),
  };
}

function vipResources(topology: Topology, vip: Vip): Resources {
  const { deployment } = topology;
  const port = vipResource(vip.name);
  const holders = tiersOf(topology).filter((tier) => tier.cluster.vips.includes(vip) && mayHave(tier, vip));
  return {
    [port]: {
      type: 'OS::Neutron::Port',
      depends_on: [subnetResource(vip.network)],
      properties: {
        name: projectName(deployment, 'vip', vip.name),
        tags: [deploymentTag(deployment), vipTag(vip.name), ...vip.ports.map(vipPortTag)],
        network: resource(networkResource(vip.network)),
        fixed_ips: [{ ip_address: vip.address }],
        security_groups: holders.map(({ name }) => resource(groupResource(name, vip.network))),
      },
    },
    ...outsideResource(topology, vip, port),
  };
}

function outsideResource({ deployment }: Topology, { name, network, external }: Vip, port: string): Resources {
  if (external === 'none') return {};
  const depends_on = [word('router', network)];
  const outside = word('outside', name);
  if (external === 'auto')
    return {
      [outside]: {
        type: 'OS::Neutron::FloatingIP',
        depends_on,
        properties: {
          floating_network: param('external_network'),
          port_id: resource(port),
          value_specs: { description: outsideDescription(deployment, name) },
        },
      },
    };
  const properties = { floatingip_id: param(floatingIpParameter(name)), port_id: resource(port) };
  return { [outside]: { type: 'OS::Neutron::FloatingIPAssociation', depends_on, properties } };
}

function volumeTemplate({ deployment }: Topology, volume: Volume): HeatResource {
  return {
    type: 'OS::Cinder::Volume',
    properties: {
      name: projectName(deployment, volume.name),
      size: volume.sizeGiB,
      volume_type: param(volumeType(volume)),
      metadata: { ...deploymentMetadata(deployment), [VOLUME_KEY]: volume.name },
    },
  };
}

/** Soft: a cluster on too few hosts is better than none, and `quorate status` shows where its nodes really are. */
const serverGroup = ({ deployment }: Topology, tier: string): HeatResource => ({
  type: 'OS::Nova::ServerGroup',
  properties: { name: projectName(deployment, tier), policies: ['soft-anti-affinity'] },
});

function outputsOf(topology: Topology): HeatTemplate['outputs'] {
  const references = [
    ...topology.networks.map(({ name }) => networkResource(name)),
    ...deriveGroups(topology).map((group) => group.resource),
    ...tiersOf(topology).map(({ name }) => serversResource(name)),
    ...allVolumes(topology).map(({ name }) => volumeResource(name)),
  ];
  const outside = allVips(topology).filter(({ external }) => external === 'auto');
  return {
    ...Object.fromEntries(
      outside.map(({ name }) => [
        word('outside', name),
        {
          description: `Floating IP of VIP ${name}`,
          value: { get_attr: [word('outside', name), 'floating_ip_address'] },
        },
      ]),
    ),
    [ENVIRONMENT_OUTPUT]: {
      description: "What the tiers' stacks need, as an environment file",
      value: { parameter_defaults: Object.fromEntries(references.map((name) => [name, resource(name)])) },
    },
    [MEMORY]: { value: param(MEMORY) },
  };
}
