/**
 * Everything in this cloud that would stop `apply`, all at once, with numbers and names; nothing is changed.
 * Places are those of the specification, so that the CLI can point at the line.
 */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { invariant } from '../../kernel/invariant.ts';
import { cidrsOverlap, parseCidr } from '../../kernel/ipv4.ts';
import { asRefusal } from '../../kernel/refusal.ts';
import { nearest } from '../../spec/suggest.ts';
import { allNodes, type Topology } from '../../topology/topology.ts';
import { availableMemoryMiB, hostRoutes } from './host-facts.ts';
import { apiPath, type IncusClient, undefinedIfAbsent } from './incus/client.ts';
import {
  AliasRecord,
  InstanceRecord,
  NetworkRecord,
  ProjectRecord,
  ServerRecord,
  VolumeRecord,
} from './incus/records.ts';
import { RUNNING } from './instances.ts';
import { allVips, allVolumes, bridgeName, projectName, TAG } from './names.ts';
import { addressTrouble, describeHolder, ownForwards, takenAddresses } from './outside.ts';
import { poolRoom } from './pool.ts';
import { type LocalCloudSettings, outsideRange } from './settings.ts';

type Context = { readonly client: IncusClient; readonly settings: LocalCloudSettings; readonly topology: Topology };

/** One diagnostic alone when Incus does not answer: nothing else can be known then. */
export async function preflight(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
): Promise<readonly Diagnostic[]> {
  const context = { client, settings, topology };
  try {
    const checks = [checkServer, checkImage, checkTenant, checkNetworks, checkAddresses, checkDisk, checkMemory];
    const found = await Promise.all(checks.map((check) => check(context)));
    return [...checkFlavors(context), ...checkShares(context), ...found.flat()];
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal?.code !== 'CLOUD_UNREACHABLE') throw error;
    return [problem('cloud-unreachable', ['cloud'], refusal.message, refusal.next)];
  }
}

const problem = (code: string, path: Diagnostic['path'], message: string, hint?: string): Diagnostic => ({
  code,
  severity: 'error',
  path,
  message,
  ...(hint === undefined ? {} : { hint }),
});

async function checkServer({ client }: Context): Promise<readonly Diagnostic[]> {
  const server = await client.get('/1.0', ServerRecord);
  if ((server.config['core.https_address'] ?? '') !== '') return [];
  const message = 'Incus does not listen on an HTTPS address, so nodes could not fence each other';
  return [problem('cloud-not-listening', ['cloud'], message, 'Run `quorate doctor`: it sets core.https_address')];
}

async function checkImage({ client, settings, topology }: Context): Promise<readonly Diagnostic[]> {
  const alias = topology.image ?? settings.imageAlias;
  if ((await client.find(apiPath(['images', 'aliases', alias]), AliasRecord)) !== undefined) return [];
  const hint =
    topology.image === undefined
      ? 'Build it: `quorate image build`'
      : `Import it into Incus, or leave \`image\` out for Quorate's own`;
  return [
    problem(
      'image-missing',
      topology.image === undefined ? ['cloud'] : ['image'],
      `the local cloud has no image ${alias}`,
      hint,
    ),
  ];
}

async function checkTenant({ client, topology }: Context): Promise<readonly Diagnostic[]> {
  const name = projectName(topology.deployment);
  const found = await client.find(apiPath(['projects', name]), ProjectRecord);
  if (found === undefined || found.config[TAG] === topology.deployment) return [];
  const message = `an Incus project ${name} exists and was not made by Quorate`;
  return [problem('name-taken', ['name'], message, 'Give the deployment another name, or remove that project')];
}

function checkFlavors({ settings, topology }: Context): readonly Diagnostic[] {
  const names = Object.keys(settings.flavors);
  const tiers = new Map(allNodes(topology).map(({ tier, flavor }) => [tier, flavor]));
  return [...tiers]
    .filter(([, flavor]) => settings.flavors[flavor] === undefined)
    .map(([tier, flavor]) => {
      const near = nearest(flavor, names);
      const hint = `${near === undefined ? '' : `Did you mean ${near}? `}The local cloud has ${names.join(', ')}`;
      return problem('unknown-flavor', flavorPath(tier), `the local cloud has no flavor ${flavor}`, hint);
    });
}

/** Neither server nor client: nfsd belongs to the host's kernel, and nfs may not be mounted in a user namespace. */
function checkShares({ topology }: Context): readonly Diagnostic[] {
  if (!topology.clusters.some(({ serves }) => serves?.protocol === 'nfs')) return [];
  const message = "the local cloud's nodes are containers, and the kernel lets no container serve or mount NFS";
  const hint =
    'Use `protocol: samba`, which is served and mounted in user space here; or a cloud with virtual machines';
  return [problem('nfs-in-containers', ['storageCluster', 'protocol'], message, hint)];
}

function flavorPath(tier: string): Diagnostic['path'] {
  if (tier === 'app' || tier === 'core') return ['cluster', 'flavor'];
  if (tier === 'lb') return ['loadBalancers', 'flavor'];
  return tier === 'storage' ? ['storageCluster', 'flavor'] : ['roles', tier, 'flavor'];
}

async function checkNetworks({ client, topology }: Context): Promise<readonly Diagnostic[]> {
  const [routes, bridges] = await Promise.all([hostRoutes(), client.list(apiPath(['networks']), NetworkRecord)]);
  const own = new Set(topology.networks.map(({ name }) => bridgeName(topology.deployment, name)));
  const found: Diagnostic[] = [];
  for (const network of topology.networks) {
    const cidr = parseCidr(network.cidr);
    // Without a router a network is the deployment's own wire: whatever the host routes does not matter.
    if (cidr === undefined || !network.routed) continue;
    const clash = routes.find((route) => !own.has(route.device) && cidrsOverlap(route.cidr, cidr));
    if (clash === undefined) continue;
    const owner = bridges.find(({ name }) => name === clash.device)?.config[TAG];
    const who = owner === undefined ? `this host's route through ${clash.device}` : `a network of deployment ${owner}`;
    const message = `network ${network.name} (${network.cidr}) overlaps with ${who}`;
    found.push(
      problem(
        'network-clash',
        ['networks', 'range'],
        message,
        'Set `networks.range` to a block that is free, like 10.200.0.0/21',
      ),
    );
  }
  return found;
}

async function checkAddresses({ client, settings, topology }: Context): Promise<readonly Diagnostic[]> {
  const [taken, own] = await Promise.all([takenAddresses(client), ownForwards(client, topology)]);
  const vips = allVips(topology);
  const found: Diagnostic[] = [];
  for (const [index, vip] of vips.entries()) {
    if (typeof vip.external !== 'object') continue;
    const { address } = vip.external;
    const path = ['vips', index, 'external'];
    const trouble = addressTrouble(settings, address);
    if (trouble !== undefined)
      found.push(
        problem('address-outside-range', path, `${address} cannot be had: ${trouble}`, 'Use one of these, or `auto`'),
      );
    else if (taken.has(address) && !own.some((mapped) => mapped.address === address)) {
      found.push(
        problem(
          'address-taken',
          path,
          `${address} is taken by ${await describeHolder(client, address)}`,
          'Use another, or `auto`',
        ),
      );
    }
  }
  const missing = vips.filter(
    ({ name, external }) => external === 'auto' && !own.some(({ vip }) => vip === name),
  ).length;
  const { first, last } = outsideRange(settings);
  const free = last - first + 1 - taken.size;
  if (missing > free)
    found.push(
      problem(
        'no-address-free',
        ['vips'],
        `${missing} outside addresses are needed, ${free} are free`,
        'Set `external: none` where no outside address is needed',
      ),
    );
  return found;
}

/** What a node writes beyond the image, which all share: logs, packages' state. */
const NODE_GIB = 0.25;

async function checkDisk({ client, settings, topology }: Context): Promise<readonly Diagnostic[]> {
  const project = projectName(topology.deployment);
  const pools = [...new Set([settings.pool, settings.volumePool])];
  const [rooms, volumes, instances] = await Promise.all([
    Promise.all(pools.map((pool) => poolRoom(client, pool).catch(undefinedIfAbsent))),
    client.list(apiPath(['storage-pools', settings.volumePool, 'volumes', 'custom']), VolumeRecord, { project }),
    client.list(apiPath(['instances']), InstanceRecord, { project }),
  ]);
  const absent = pools.filter((_, index) => rooms[index] === undefined);
  if (absent.length > 0)
    return absent.map((pool) =>
      problem('pool-missing', ['cloud'], `Incus has no storage pool ${pool}`, 'Run `quorate doctor`: it makes it'),
    );
  // Both are sparse files on one disk, and as large: what is left in the fuller one is left for all.
  const [room] = rooms.filter((each) => each !== undefined).toSorted((left, right) => left.freeGiB - right.freeGiB);
  invariant(room, 'there is a pool');
  const newVolumes = allVolumes(topology).filter(({ name }) => !volumes.some((volume) => volume.name === name));
  const newNodes = allNodes(topology).filter(({ name }) => !instances.some((instance) => instance.name === name));
  const volumesGiB = newVolumes.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  const neededGiB = volumesGiB + newNodes.length * NODE_GIB;
  if (neededGiB <= room.freeGiB) return [];
  const parts = `${volumesGiB} GiB for volumes, ${newNodes.length * NODE_GIB} GiB for ${newNodes.length} nodes`;
  const message = `the local cloud's disk is too small: ${parts}; ${room.freeGiB.toFixed(1)} GiB of ${room.totalGiB.toFixed(1)} GiB are free`;
  return [
    problem(
      'disk-too-small',
      volumesGiB > 0 ? ['storage'] : ['cluster', 'nodes'],
      message,
      "Ask for less, delete a deployment, or free space on the host's disk",
    ),
  ];
}

async function checkMemory({ client, settings, topology }: Context): Promise<readonly Diagnostic[]> {
  const project = projectName(topology.deployment);
  const [availableMiB, instances] = await Promise.all([
    availableMemoryMiB(),
    client.list(apiPath(['instances']), InstanceRecord, { project }),
  ]);
  const running = new Set(instances.filter(({ status_code }) => status_code === RUNNING).map(({ name }) => name));
  const starting = allNodes(topology).filter(({ name }) => !running.has(name));
  const neededMiB = starting.reduce((sum, { flavor }) => sum + (settings.flavors[flavor]?.memoryMiB ?? 0), 0);
  if (neededMiB <= availableMiB) return [];
  const message = `${starting.length} nodes may use ${neededMiB} MiB of memory, this host has ${availableMiB} MiB available`;
  return [
    {
      ...problem('memory-tight', ['cluster', 'flavor'], message, 'Use a smaller flavor or fewer nodes'),
      severity: 'warning',
    },
  ];
}
