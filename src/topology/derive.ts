/**
 * Specification and roster in; topology and the roster as it is from then on out. Pure: the same input
 * gives the same names, ids and addresses, and a node or VIP that is added changes no other's.
 * Refuses to know how anything is made real, or what exists.
 */
import { invariant } from '../kernel/invariant.ts';
import { parseCidr, parseIpv4, renderIpv4 } from '../kernel/ipv4.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import { balancerService, deriveListeners } from './load-balancers.ts';
import { deriveNetworks, hasRoles, scenarioOf, serviceNetwork, vipNetwork } from './networks.ts';
import { claimHosts, claimIds, type Zone, zones } from './roster.ts';
import { deriveService } from './services.ts';
import { deriveShareMounts, deriveShareServer, shareVip, shareVolumeMount } from './shares.ts';
import {
  type Address,
  type Cluster,
  entryVip,
  type Network,
  type NetworkName,
  type Node,
  type Roster,
  type Topology,
  type Vip,
  type Volume,
} from './topology.ts';

type Tier = {
  readonly name: string;
  readonly kind: Node['kind'];
  readonly count: number;
  readonly flavor: string;
  readonly networks: readonly NetworkName[];
  readonly zone: Zone;
};

/** Never throws for a specification that `validateSpec` and `validateAddresses` accept. */
export function deriveTopology(spec: DeploymentSpec, roster: Roster): { topology: Topology; roster: Roster } {
  const networks = deriveNetworks(spec);
  const tiers = tiersOf(spec);
  const ids = Object.fromEntries(tiers.map((tier) => [tier.name, claimIds(roster, tier.name, tier.count)]));
  const names = tiers.flatMap((tier) =>
    (ids[tier.name]?.live ?? []).map((id) => ({ key: nodeKey(tier.name, id), zone: tier.zone })),
  );
  const hosts = claimHosts(roster, [...names, ...vipClaims(spec, networks)]);
  const nodesOf = (tier: Tier): readonly Node[] =>
    (ids[tier.name]?.live ?? []).map((id) => ({
      name: `${tier.name}-${id}`,
      tier: tier.name,
      kind: tier.kind,
      id,
      flavor: tier.flavor,
      addresses: tier.networks.map((name) => addressOn(networks, name, hosts[nodeKey(tier.name, id)])),
    }));
  const nodes = new Map(tiers.map((tier) => [tier.name, nodesOf(tier)]));
  const vips = deriveVips(spec, networks, hosts);
  return {
    topology: {
      deployment: spec.name,
      cloud: spec.cloud,
      scenario: scenarioOf(spec),
      image: spec.image,
      tenant: spec.tenant.create ? (spec.tenant.name ?? `quorate-${spec.name}`) : undefined,
      networks,
      clusters: deriveClusters(spec, nodes, vips, sharesAddress(spec, networks, hosts), roster),
    },
    roster: { ...roster, tiers: { ...roster.tiers, ...ids }, hosts },
  };
}

const nodeKey = (tier: string, id: number): string => `node/${tier}-${id}`;

/** The tier of the members that run the services: `core` when roles do, `app` otherwise. */
const serviceTier = (spec: DeploymentSpec): string => (hasRoles(spec) ? 'core' : 'app');

function tiersOf(spec: DeploymentSpec): readonly Tier[] {
  const storage: readonly NetworkName[] = spec.storageCluster === undefined ? [] : ['storage'];
  const inner: readonly NetworkName[] = ['cluster', serviceNetwork(spec), ...storage];
  const { cluster, loadBalancers, storageCluster } = spec;
  const tiers: Tier[] = [
    {
      name: serviceTier(spec),
      kind: 'member',
      count: cluster.nodes,
      flavor: cluster.flavor,
      networks: inner,
      zone: zones.app,
    },
  ];
  for (const [name, role] of Object.entries(spec.roles))
    tiers.push({ name, kind: 'remote', count: role.nodes, flavor: role.flavor, networks: inner, zone: zones.remote });
  if (loadBalancers !== undefined)
    tiers.push({
      name: 'lb',
      kind: 'member',
      count: loadBalancers.nodes,
      flavor: loadBalancers.flavor,
      networks: ['lb-cluster', 'public', 'backend'],
      zone: zones.lb,
    });
  if (storageCluster !== undefined)
    tiers.push({
      name: 'storage',
      kind: 'member',
      count: storageCluster.nodes,
      flavor: storageCluster.flavor,
      networks: ['storage-cluster', 'storage'],
      zone: zones.storage,
    });
  return tiers;
}

function vipClaims(spec: DeploymentSpec, networks: readonly Network[]) {
  const claims = spec.vips.map((vip) => {
    const base = baseOf(networks, vipNetwork(spec));
    const given = vip.address === undefined ? undefined : parseIpv4(vip.address);
    return { key: `vip/${vip.name}`, zone: zones.vip, ...(given === undefined ? {} : { wish: given - base }) };
  });
  const own = [...(spec.storageCluster === undefined ? [] : [shareVip]), ...(isReachedBySsh(spec) ? [entryVip] : [])];
  return [...claims, ...own.map((name) => ({ key: `vip/${name}`, zone: zones.vip }))];
}

/** The local cloud enters its nodes by itself. */
const isReachedBySsh = (spec: DeploymentSpec): boolean => spec.cloud !== 'local';

function deriveVips(
  spec: DeploymentSpec,
  networks: readonly Network[],
  hosts: Readonly<Record<string, number>>,
): readonly Vip[] {
  const network = vipNetwork(spec);
  const wished = spec.vips.map(
    (vip): Vip => ({
      name: vip.name,
      ...addressOn(networks, network, hosts[`vip/${vip.name}`]),
      external: vip.external === 'auto' || vip.external === 'none' ? vip.external : { address: vip.external },
      ports: vip.external === 'none' ? [] : [...new Set([...vip.ports, ...vip.listen.map(({ port }) => port)])],
      listen: deriveListeners(spec, vip),
      ...(vip.role === undefined ? {} : { role: vip.role }),
    }),
  );
  if (!isReachedBySsh(spec)) return wished;
  const entry = { name: entryVip, external: 'auto', ports: [22], from: spec.access.from, listen: [] } as const;
  return [...wished, { ...entry, ...addressOn(networks, network, hosts[`vip/${entryVip}`]) }];
}

/** Where the shares are served, on the network of that name; undefined without a storage cluster. */
const sharesAddress = (
  spec: DeploymentSpec,
  networks: readonly Network[],
  hosts: Readonly<Record<string, number>>,
): Address | undefined =>
  spec.storageCluster === undefined ? undefined : addressOn(networks, 'storage', hosts[`vip/${shareVip}`]);

function deriveClusters(
  spec: DeploymentSpec,
  nodes: ReadonlyMap<string, readonly Node[]>,
  vips: readonly Vip[],
  shares: Address | undefined,
  roster: Roster,
): readonly Cluster[] {
  const { loadBalancers, storageCluster } = spec;
  const own = serviceTier(spec);
  const common = {
    failureDetection: spec.cluster.failureDetection,
    powerOff: spec.cloud === 'local' ? ('prompt' as const) : ('slow' as const),
    remotes: [],
    volumes: [],
    services: [],
    shares: [],
    vips: [],
    raw: {},
  };
  const clusters: Cluster[] = [
    {
      ...common,
      name: own,
      heartbeat: 'cluster',
      members: nodes.get(own) ?? [],
      remotes: Object.keys(spec.roles).flatMap((role) => nodes.get(role) ?? []),
      vips: loadBalancers === undefined ? vips : [],
      volumes: spec.storage.map((volume) => deriveVolume(spec, volume, roster)),
      services: deriveServices(spec),
      shares: deriveShareMounts(spec, shares),
      files: {
        [own]: spec.cluster.files,
        ...Object.fromEntries(Object.entries(spec.roles).map(([role, { files }]) => [role, files])),
      },
      raw: withoutUndefined(spec.raw),
    },
  ];
  if (loadBalancers !== undefined)
    clusters.push({
      ...common,
      name: 'lb',
      heartbeat: 'lb-cluster',
      members: nodes.get('lb') ?? [],
      vips,
      services: [balancerService(vips)],
      files: { lb: loadBalancers.files },
      loadBalancing: { behind: own, balance: loadBalancers.balance, clientAddress: loadBalancers.clientAddress },
    });
  if (storageCluster !== undefined && shares !== undefined)
    clusters.push({
      ...common,
      ...storageWork(spec, storageCluster, shares, roster),
      name: 'storage',
      heartbeat: 'storage-cluster',
      members: nodes.get('storage') ?? [],
      files: { storage: storageCluster.files },
    });
  return clusters;
}

const deriveServices = (spec: DeploymentSpec): Cluster['services'] => [
  ...spec.services.map((service) => deriveService(service)),
  ...Object.entries(spec.roles).flatMap(([role, { services }]) =>
    services.map((service) => deriveService(service, role)),
  ),
];

const storageWork = (
  spec: DeploymentSpec,
  storageCluster: NonNullable<DeploymentSpec['storageCluster']>,
  at: Address,
  roster: Roster,
): Pick<Cluster, 'vips' | 'volumes' | 'serves'> => ({
  vips: [{ name: shareVip, ...at, external: 'none', ports: [], listen: [] }],
  volumes: storageCluster.shares.map(({ name, sizeGiB }) =>
    deriveVolume(spec, { name, sizeGiB, mount: shareVolumeMount(name), attach: 'auto' }, roster),
  ),
  serves: deriveShareServer(storageCluster, at),
});

function deriveVolume(spec: DeploymentSpec, volume: DeploymentSpec['storage'][number], roster: Roster): Volume {
  const { name, sizeGiB, mount, role } = volume;
  const local = spec.cloud === 'local';
  // Directories of one machine can be shared, always; what another cloud can do, it has to be asked.
  const decided = roster.attach[name] ?? (local ? 'shared' : 'auto');
  const attach = volume.attach === 'auto' ? decided : volume.attach;
  return { name, sizeGiB, mount, form: local ? 'directory' : 'block', attach, ...(role === undefined ? {} : { role }) };
}

const withoutUndefined = (raw: DeploymentSpec['raw']): Cluster['raw'] => ({
  ...(raw.resources === undefined ? {} : { resources: raw.resources }),
  ...(raw.constraints === undefined ? {} : { constraints: raw.constraints }),
});

function baseOf(networks: readonly Network[], name: NetworkName): number {
  const cidr = parseCidr(networks.find((network) => network.name === name)?.cidr ?? '');
  invariant(cidr, `network ${name} is part of the deployment`);
  return cidr.base;
}

function addressOn(networks: readonly Network[], name: NetworkName, host: number | undefined): Address {
  const network = networks.find((candidate) => candidate.name === name);
  invariant(network !== undefined && host !== undefined, `an address on ${name} was claimed`);
  return { network: name, address: renderIpv4(baseOf(networks, name) + host), prefix: network.prefix };
}
