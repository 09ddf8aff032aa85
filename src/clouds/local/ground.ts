/**
 * What nodes stand on: bridges with their filters, volumes, and the VIPs' outside addresses. Makes what is
 * missing, adopts what carries the deployment's tag, refuses what does not.
 * Source: Incus documentation, "Bridge network", "How to configure network ACLs" and "… forwards".
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { asRefusal } from '../../kernel/refusal.ts';
import type { Network, Topology, Volume } from '../../topology/topology.ts';
import { inParallel } from '../parallel.ts';
import { ensureAttached } from './attach.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { AclRecord, NetworkRecord, ProjectRecord, ServerRecord, VolumeRecord } from './incus/records.ts';
import { despiteMovingInterfaces } from './moving-interfaces.ts';
import { allVips, allVolumes, bridgeName, NETWORK_TAG, projectName, routedNetworks, TAG } from './names.ts';
import { notOurs } from './not-ours.ts';
import { ensureOutside } from './outside.ts';
import { ensureOutsideRoute } from './outside-route.ts';
import type { LocalCloudSettings } from './settings.ts';
import { bridgesOf, hasInterface, removeInterface, restoreInterface } from './torn-bridges.ts';

const WIDTH = 4;

/** @throws Refusal CONFLICT, ADDRESS_TAKEN, DISK_FULL and what Incus refuses */
export async function ensureGround(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
): Promise<void> {
  const networks = async () => {
    await inParallel(routedNetworks(topology), WIDTH, (network) => ensureFilter(client, topology, network));
    await inParallel(topology.networks, WIDTH, (network) => ensureBridge(client, topology, network));
    await ensureOutsideRoute(client);
    await ensureOutside(client, settings, topology);
  };
  const volumes = async () => {
    await inParallel(allVolumes(topology), WIDTH, (volume) =>
      ensureVolume(client, settings, topology.deployment, volume),
    );
    await ensureAttached(client, settings, topology);
  };
  await inParallel([networks, volumes], 2, async (work) => {
    await work();
  });
}

async function ensureBridge(client: IncusClient, topology: Topology, network: Network): Promise<void> {
  const name = bridgeName(topology.deployment, network.name);
  const path = apiPath(['networks', name]);
  const config = bridgeConfig(topology, network);
  const found = await settledNetwork(client, name);
  if (found === undefined) {
    const body = { name, type: 'bridge', config };
    await despiteMovingInterfaces(async () => {
      const made = await client.find(path, NetworkRecord);
      if (made?.managed === true) return;
      if (made !== undefined) await removeInterface(name);
      await client.change('POST', apiPath(['networks']), { body });
    }).catch(acceptConflict);
    return;
  }
  if (!found.managed) {
    const project = await client.find(apiPath(['projects', projectName(topology.deployment)]), ProjectRecord);
    if (!bridgesOf(project).includes(name)) throw notOurs(`a network interface ${name} exists on this host`, name);
    await removeInterface(name);
    return ensureBridge(client, topology, network);
  }
  if (found.config[TAG] !== topology.deployment) throw notOurs(`an Incus network ${name} exists`, name);
  if (found.status !== 'Created') {
    // Left half-made when Incus died: nothing can hang on it yet.
    await despiteMovingInterfaces(() => client.remove(path));
    return ensureBridge(client, topology, network);
  }
  if (!(await hasInterface(name))) await restoreInterface(client, found);
  if (Object.entries(config).some(([key, value]) => found.config[key] !== value)) {
    await despiteMovingInterfaces(() => client.change('PATCH', path, { body: { config } }));
  }
}

const SETTLE_MS = 5000;
const PAUSE_MS = 100;

/**
 * The network once nothing moves any more. A killed run's last request goes on inside Incus: the interface
 * is there before the record that it is managed, and goes before it.
 */
async function settledNetwork(client: IncusClient, name: string): Promise<NetworkRecord | undefined> {
  const path = apiPath(['networks', name]);
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    const found = await client.find(path, NetworkRecord);
    const whole = found?.managed === true && found.status === 'Created' && (await hasInterface(name));
    const settled = found === undefined || whole;
    if (settled || waitedMs >= SETTLE_MS) return found;
    await sleep(PAUSE_MS);
  }
}

function bridgeConfig(topology: Topology, network: Network): Readonly<Record<string, string>> {
  const tags = { [TAG]: topology.deployment, [NETWORK_TAG]: network.name };
  if (!network.routed) return { 'ipv4.address': 'none', 'ipv6.address': 'none', ...tags };
  return {
    'ipv4.address': `${network.gateway}/${network.prefix}`,
    'ipv4.nat': 'true',
    'ipv4.dhcp': 'false',
    'ipv6.address': 'none',
    // With neither DHCP nor DNS there is no dnsmasq, which Incus 6.0 leaves running when making a bridge fails.
    'dns.mode': 'none',
    'security.acls': bridgeName(topology.deployment, network.name),
    'security.acls.default.egress.action': 'allow',
    'security.acls.default.ingress.action': 'drop',
    ...tags,
  };
}

/**
 * Lets into a routed network what is forwarded, and this host; nothing from other deployments' networks.
 * The filter sees packets after the forward's address translation, so it names the VIPs' inside addresses.
 */
async function ensureFilter(client: IncusClient, topology: Topology, network: Network): Promise<void> {
  const name = bridgeName(topology.deployment, network.name);
  const path = apiPath(['network-acls', name]);
  const ingress = [
    { action: 'allow', state: 'enabled', source: `${network.gateway}/32` },
    ...allVips(topology)
      .filter((vip) => vip.network === network.name && vip.external !== 'none' && vip.ports.length > 0)
      .map((vip) => ({
        action: 'allow',
        state: 'enabled',
        protocol: 'tcp',
        destination: `${vip.address}/32`,
        destination_port: vip.ports.toSorted((a, b) => a - b).join(','),
      })),
  ];
  const body = { config: { [TAG]: topology.deployment }, ingress, egress: [] };
  const found = await client.find(path, AclRecord);
  if (found === undefined) {
    await client
      .change('POST', apiPath(['network-acls']), { body: { name, ...body } })
      .catch(async (error: unknown) => {
        if ((await client.find(path, AclRecord)) === undefined) throw error;
        await ensureFilter(client, topology, network);
      });
    return;
  }
  if (found.config[TAG] !== topology.deployment) throw notOurs(`an Incus network ACL ${name} exists`, name);
  if (ruleSet(found.ingress) !== ruleSet(ingress)) await client.change('PUT', path, { body });
}

const ruleSet = (rules: readonly Readonly<Record<string, string>>[]): string =>
  rules
    .map((rule) => `${rule['source'] ?? ''}|${rule['destination'] ?? ''}|${rule['destination_port'] ?? ''}`)
    .toSorted()
    .join('\n');

async function ensureVolume(
  client: IncusClient,
  settings: LocalCloudSettings,
  deployment: string,
  volume: Volume,
): Promise<void> {
  const query = { project: projectName(deployment) };
  const collection = apiPath(['storage-pools', settings.volumePool, 'volumes', 'custom']);
  const path = `${collection}/${encodeURIComponent(volume.name)}`;
  const found = await client.find(path, VolumeRecord, query);
  if (found === undefined) {
    const config = { size: `${volume.sizeGiB}GiB`, [TAG]: deployment, ...(await shifting(client)) };
    const body = { name: volume.name, type: 'custom', content_type: 'filesystem', config };
    await client.change('POST', collection, { query, body }).catch(async (error: unknown) => {
      if ((await client.find(path, VolumeRecord, query)) === undefined) throw error;
    });
    return;
  }
  if (found.config[TAG] !== deployment) {
    // The project is ours alone, so an untagged volume is one whose creation was cut off, or a person's own.
    throw notOurs(`a volume ${volume.name} exists in the project ${query.project}`, volume.name);
  }
  const sizeGiB = Number(/^(\d+)GiB$/.exec(found.config['size'] ?? '')?.[1] ?? 0);
  if (volume.sizeGiB > sizeGiB)
    await client.change('PATCH', path, { query, body: { config: { size: `${volume.sizeGiB}GiB` } } });
}

/** Idmapped mounts let nodes share a volume whatever ids their containers have; the kernel must know them. */
async function shifting(client: IncusClient): Promise<Readonly<Record<string, string>>> {
  const server = await client.get('/1.0', ServerRecord);
  return server.environment.kernel_features['idmapped_mounts'] === 'true' ? { 'security.shifted': 'true' } : {};
}

/** Another process made it in between; the next look finds it. */
function acceptConflict(error: unknown): void {
  if (asRefusal(error)?.code !== 'CONFLICT') throw error;
}
