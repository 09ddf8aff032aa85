/**
 * A topology -> its security groups: one a tier and network, which lets in what this tier needs on that network
 * and nothing else. What nodes of one tier need of each other never changes and stands in the group itself; what
 * comes and goes with VIPs and tiers is a rule of its own, because Heat changes a group's own rules by
 * deleting all of them first. Everything may go out. docs/openstack.md lists every rule with its reason.
 * Ports: corosync.conf(5) (knet: 5405 + link), pacemaker_remoted(8), RFC 7530 (NFSv4), MS-SMB2.
 */
import { entryVip, type Listener, type NetworkName, type Topology } from '../../topology/topology.ts';
import { groupResource, projectName, word } from './names.ts';
import { type HeatResource, param, resource } from './template.ts';
import { isOn, mayHave, networkOf, type Tier, tiersOf } from './tiers.ts';

export type SecurityGroup = {
  readonly resource: string;
  readonly tier: string;
  readonly network: NetworkName;
  readonly template: HeatResource;
};

type Protocol = 'tcp' | 'udp';
type Source = { readonly group: string } | { readonly cidr: string } | { readonly parameter: string };
type Rule = {
  readonly group: string;
  readonly protocol: Protocol;
  readonly port?: number;
  readonly from: Source;
  readonly why: string;
};

/** Who may reach the entry, where the specification does not say. */
export const ACCESS_PARAMETER = 'access_from';
const ANYWHERE = '0.0.0.0/0';
const SSH = 22;
const PACEMAKER_REMOTE = 3121;
const COROSYNC = { port_range_min: 5405, port_range_max: 5412 } as const;

export function deriveGroups(topology: Topology): readonly SecurityGroup[] {
  return tiersOf(topology).flatMap((tier) =>
    tier.networks.map((network) => ({
      resource: groupResource(tier.name, network),
      tier: tier.name,
      network,
      template: {
        type: 'OS::Neutron::SecurityGroup',
        properties: {
          name: projectName(topology.deployment, tier.name, network),
          description: `Quorate deployment ${topology.deployment}: nodes of ${tier.name} on ${network}`,
          rules: ownRules(topology, tier, network),
        },
      },
    })),
  );
}

/** From nodes of the same tier, and ICMP from the network's own nodes. */
function ownRules(topology: Topology, tier: Tier, network: NetworkName): readonly unknown[] {
  const fromSelf = { remote_mode: 'remote_group_id' };
  const ownSsh = { protocol: 'tcp', port_range_min: SSH, port_range_max: SSH, ...fromSelf };
  const rules: unknown[] = [{ protocol: 'icmp', remote_ip_prefix: networkOf(topology, network)?.cidr ?? ANYWHERE }];
  if (tier.kind === 'member' && tier.cluster.heartbeat === network)
    rules.push({ protocol: 'udp', ...COROSYNC, ...fromSelf });
  // A clustered service talks to its other instances on ports that only the person knows.
  if (servesOn(tier, network)) rules.push({ protocol: 'tcp', ...fromSelf }, { protocol: 'udp', ...fromSelf });
  else if (tier.name === entryTier(topology)?.name) rules.push(ownSsh);
  return rules;
}

/** What tiers let in from other tiers and from outside, by resource name. */
export function deriveRules(topology: Topology): Readonly<Record<string, { template: HeatResource; why: string }>> {
  const tiers = tiersOf(topology);
  const rules = [
    ...tiers.flatMap((tier) => [...vipRules(tier), ...remoteRules(tier, tiers), ...peerRules(tier, tiers)]),
    ...backendRules(tiers),
    ...shareRules(tiers),
    ...jumpRules(topology, tiers),
  ];
  return Object.fromEntries(rules.map((rule) => [ruleResource(rule), { template: templateOf(rule), why: rule.why }]));
}

/** By what it says: a rule that stays the same is the same resource, and two that say the same are one. */
function ruleResource({ group, protocol, port, from }: Rule): string {
  const source = 'group' in from ? from.group.replace(/^group_/, '') : 'cidr' in from ? from.cidr : from.parameter;
  const end = source === ANYWHERE ? [] : ['from', source.replaceAll(/[./]/g, '_')];
  return word('rule', group.replace(/^group_/, ''), protocol, ...(port === undefined ? [] : [String(port)]), ...end);
}

function templateOf({ group, protocol, port, from }: Rule): HeatResource {
  const ports = port === undefined ? {} : { port_range_min: port, port_range_max: port };
  const source =
    'group' in from
      ? { remote_group: resource(from.group) }
      : { remote_ip_prefix: 'cidr' in from ? from.cidr : param(from.parameter) };
  return {
    type: 'OS::Neutron::SecurityGroupRule',
    properties: { security_group: resource(group), protocol, ...ports, ...source },
  };
}

/** The VIPs' ports, at every node that may hold them. */
function vipRules(tier: Tier): readonly Rule[] {
  return tier.cluster.vips
    .filter((vip) => mayHave(tier, vip) && isOn(tier, vip.network))
    .flatMap(({ name, network, ports, from }) => {
      const sources: readonly Source[] =
        from === undefined
          ? [{ cidr: ANYWHERE }]
          : from.length === 0
            ? [{ parameter: ACCESS_PARAMETER }]
            : from.map((cidr) => ({ cidr }));
      const group = groupResource(tier.name, network);
      return ports.flatMap((port) =>
        sources.map((source): Rule => ({ group, protocol: 'tcp', port, from: source, why: `VIP ${name}` })),
      );
    });
}

/** Members reach pacemaker_remoted on the remote nodes of their cluster. */
function remoteRules(tier: Tier, tiers: readonly Tier[]): readonly Rule[] {
  if (tier.kind === 'member') return [];
  const { heartbeat, name } = tier.cluster;
  return tiers
    .filter(({ cluster, kind }) => cluster.name === name && kind === 'member')
    .map((members) => ({
      group: groupResource(tier.name, heartbeat),
      protocol: 'tcp',
      port: PACEMAKER_REMOTE,
      from: { group: groupResource(members.name, heartbeat) },
      why: 'pacemaker_remote',
    }));
}

const serviceNetworks: readonly NetworkName[] = ['services', 'backend'];

/** Whether the tier's services talk to each other there: load balancers have none of their own. */
const servesOn = ({ cluster }: Tier, network: NetworkName): boolean =>
  serviceNetworks.includes(network) && !isBalancing(cluster);

const isBalancing = ({ loadBalancing }: Tier['cluster']): boolean => loadBalancing !== undefined;

/** One cluster's services in different roles are one application, as those of one tier are. */
function peerRules(tier: Tier, tiers: readonly Tier[]): readonly Rule[] {
  const peers = tiers.filter(({ name, cluster }) => cluster.name === tier.cluster.name && name !== tier.name);
  return tier.networks
    .filter((network) => servesOn(tier, network))
    .flatMap((network) =>
      peers.flatMap((peer) =>
        (['tcp', 'udp'] as const).map(
          (protocol): Rule => ({
            group: groupResource(tier.name, network),
            protocol,
            from: { group: groupResource(peer.name, network) },
            why: `services of ${peer.name}`,
          }),
        ),
      ),
    );
}

/** Load balancers reach what they balance, and nothing else of those nodes. */
function backendRules(tiers: readonly Tier[]): readonly Rule[] {
  const balancers = tiers.filter(({ cluster }) => isBalancing(cluster));
  return balancers.flatMap((balancer) =>
    balancer.cluster.vips
      .flatMap(({ listen }) => listen)
      .flatMap((listener) =>
        tiers
          .filter((tier) => isOn(tier, 'backend') && tier.cluster.name === balancer.cluster.loadBalancing?.behind)
          .filter((tier) => runs(tier, listener))
          .map((tier) => ({
            group: groupResource(tier.name, 'backend'),
            protocol: 'tcp',
            port: listener.to,
            from: { group: groupResource(balancer.name, 'backend') },
            why: `what ${balancer.name} listens for on port ${listener.port}`,
          })),
      ),
  );
}

function runs(tier: Tier, listener: Listener): boolean {
  const service = tier.cluster.services.find(({ name }) => name === listener.service);
  return service === undefined || mayHave(tier, service);
}

/** Shares are served on the storage network only, to the nodes of the clusters that mount them. */
function shareRules(tiers: readonly Tier[]): readonly Rule[] {
  const clients = tiers.filter(({ cluster }) => cluster.shares.length > 0);
  return tiers.flatMap(({ name, cluster }) => {
    const { serves } = cluster;
    if (serves === undefined) return [];
    return clients.map((client) => ({
      group: groupResource(name, 'storage'),
      protocol: 'tcp' as const,
      port: serves.port,
      from: { group: groupResource(client.name, 'storage') },
      why: `shares for ${client.name}`,
    }));
  });
}

const entryTier = (topology: Topology): Tier | undefined =>
  tiersOf(topology).find((tier) => tier.cluster.vips.some((vip) => vip.name === entryVip && mayHave(tier, vip)));

/**
 * SSH from the node that holds the entry to every other one, on one network each: one that both are on, best one
 * that is no heartbeat's; else through the router. `clouds/openstack/ssh/route.ts` goes the same way.
 */
function jumpRules(topology: Topology, tiers: readonly Tier[]): readonly Rule[] {
  const entry = entryTier(topology);
  if (entry === undefined) return [];
  const isRouted = (name: NetworkName): boolean => networkOf(topology, name)?.routed === true;
  const wayOut = entry.networks.find(isRouted);
  return tiers
    .filter(({ name }) => name !== entry.name)
    .flatMap((tier) => {
      const shared = tier.networks.filter((network) => isOn(entry, network));
      const network = shared.find(isRouted) ?? shared[0] ?? tier.networks.find(isRouted);
      const source = network !== undefined && isOn(entry, network) ? network : wayOut;
      if (network === undefined || source === undefined) return [];
      const from = { group: groupResource(entry.name, source) };
      const group = groupResource(tier.name, network);
      return [{ group, protocol: 'tcp' as const, port: SSH, from, why: `SSH by way of ${entry.name}` }];
    });
}
