/**
 * The stack that nodes stand on. Makes it, changes it to what the topology says, and has Heat make again what
 * somebody removed behind its back. What nodes still use is kept when the specification drops it: volumes with their
 * data, and the groups of tiers whose servers are not gone yet; they go with the deployment.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  ACCESS_PARAMETER,
  deploymentOfTag,
  deriveGround,
  floatingIpParameter,
  groundStackName,
  type HeatTemplate,
} from '../../artefacts/heat/index.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Topology, Vip } from '../../topology/topology.ts';
import type { OpenStackClient } from './client/index.ts';
import { listResources, markLost, type ResourceRecord } from './heat/resources.ts';
import type { Stack } from './heat/stack.ts';
import { createStack, isFailed, readTemplate, settledStack, updateStack } from './heat/stacks.ts';
import { probeMultiattach } from './multiattach.ts';
import { readAll, readOne } from './read.ts';
import { allVolumes, type FloatingIpRecord, floatingIps, PortRecord } from './records.ts';
import { externalNetworkId, type OpenStackSettings } from './settings.ts';

/** @throws Refusal with the failed resource's own reason; ADDRESS_TAKEN, NOT_SUPPORTED (no multiattach), CONFLICT */
export async function ensureGround(
  client: OpenStackClient,
  settings: OpenStackSettings,
  topology: Topology,
): Promise<void> {
  const { deployment } = topology;
  const name = groundStackName(deployment);
  const derived = deriveGround(topology);
  const stack = await settledStack(client, deployment, name);
  if (stack === undefined) {
    const parameters = await parametersFor(client, settings, topology, derived, undefined);
    return createStack(client, deployment, name, { template: derived, parameters });
  }
  const current = await readTemplate(client, stack);
  const template = withLasting(derived, current);
  const parameters = await parametersFor(client, settings, topology, template, current);
  const lost = await lostResources(client, stack);
  for (const resource of lost) await markLost(client, stack, resource);
  const changed = !isDeepStrictEqual(template, current) || Object.keys(parameters).length > 0;
  if (changed || lost.length > 0 || isFailed(stack)) await updateStack(client, stack, { template, parameters });
}

const lasting = /^(volume|group|servers)_/;

function withLasting(wanted: HeatTemplate, current: HeatTemplate): HeatTemplate {
  const kept = Object.fromEntries(Object.entries(current.resources).filter(([name]) => lasting.test(name)));
  const needed = JSON.stringify(kept);
  const keptParameters = Object.entries(current.parameters).filter(([name]) => needed.includes(`"${name}"`));
  return {
    ...wanted,
    parameters: { ...Object.fromEntries(keptParameters), ...wanted.parameters },
    resources: { ...kept, ...wanted.resources },
  };
}

/**
 * Everything at first; later only what `current` does not ask for yet, and what the specification can change. What
 * was once chosen of the cloud stays: another volume type would have Heat make volumes anew.
 */
async function parametersFor(
  client: OpenStackClient,
  settings: OpenStackSettings,
  topology: Topology,
  template: HeatTemplate,
  current: HeatTemplate | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const asked = (name: string): boolean =>
    template.parameters[name] !== undefined && current?.parameters[name] === undefined;
  const addresses = await givenAddresses(client, topology);
  return {
    ...(asked('external_network') ? { external_network: await externalNetworkId(client, settings) } : {}),
    ...(asked('dns_servers') ? { dns_servers: (settings.dnsServers ?? []).join(',') } : {}),
    ...(asked(ACCESS_PARAMETER) ? { [ACCESS_PARAMETER]: settings.accessFrom ?? '0.0.0.0/0' } : {}),
    ...(asked('volume_type') ? { volume_type: settings.volumeType ?? (await defaultVolumeType(client)) } : {}),
    ...(asked('shared_volume_type')
      ? { shared_volume_type: await sharedVolumeType(client, settings, topology.deployment) }
      : {}),
    ...addresses,
  };
}

async function defaultVolumeType(client: OpenStackClient): Promise<string> {
  const call = { service: 'volumev3', path: '/types/default' } as const;
  return (await readOne(client, call, 'volume_type', z.object({ name: z.string() }))).name;
}

async function sharedVolumeType(
  client: OpenStackClient,
  settings: OpenStackSettings,
  deployment: string,
): Promise<string> {
  if (settings.sharedVolumeType !== undefined) return settings.sharedVolumeType;
  const { type, multiattach, because } = await probeMultiattach(client, deployment);
  if (multiattach) return type ?? '';
  throw new Refusal('NOT_SUPPORTED', `this cloud cannot attach a volume to several servers: ${because}`, {
    retry: 'never',
    next: 'Write `attach: moving` for the volumes, or ask the operator for a volume type with multiattach.',
  });
}

/** Floating IPs that the specification gives by their address, each free or a VIP of this deployment's. */
async function givenAddresses(client: OpenStackClient, topology: Topology): Promise<Readonly<Record<string, string>>> {
  const given = topology.clusters.flatMap(({ vips }) => vips).filter(({ external }) => typeof external === 'object');
  if (given.length === 0) return {};
  const found = await floatingIps(client);
  const entries = given.map(async (vip) => [
    floatingIpParameter(vip.name),
    await givenAddress(client, topology.deployment, vip, found),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Readonly<Record<string, string>>;
}

async function givenAddress(
  client: OpenStackClient,
  deployment: string,
  { name, external }: Vip,
  found: readonly FloatingIpRecord[],
): Promise<string> {
  const address = typeof external === 'object' ? external.address : '';
  const floatingIp = found.find(({ floating_ip_address }) => floating_ip_address === address);
  if (floatingIp === undefined)
    throw new Refusal('NOT_FOUND', `the project has no floating IP ${address} for VIP ${name}`, {
      retry: 'never',
      next: 'Allocate it to the project first, or write `external: auto`.',
      data: { address, vip: name },
    });
  if (typeof floatingIp.port_id !== 'string') return floatingIp.id;
  const call = { service: 'network', path: '/ports', query: { id: floatingIp.port_id } } as const;
  const [port] = await readAll(client, call, 'ports', PortRecord);
  if (port !== undefined && ownerOf(port) === deployment) return floatingIp.id;
  const whose = port === undefined ? 'something else' : (ownerOf(port) ?? `port ${port.name || port.id}`);
  throw new Refusal('ADDRESS_TAKEN', `floating IP ${address} for VIP ${name} is in use by ${whose}`, {
    retry: 'never',
    next: 'Free it, or choose another address.',
    data: { address, vip: name, owner: whose },
  });
}

const ownerOf = ({ tags }: PortRecord): string | undefined =>
  tags.map(deploymentOfTag).find((deployment) => deployment !== undefined);

const listings = {
  'OS::Neutron::Net': ['networks', '/networks'],
  'OS::Neutron::Subnet': ['subnets', '/subnets'],
  'OS::Neutron::Port': ['ports', '/ports'],
  'OS::Neutron::SecurityGroup': ['security_groups', '/security-groups'],
  'OS::Neutron::SecurityGroupRule': ['security_group_rules', '/security-group-rules'],
} as const;

/** Names of resources whose thing is gone, or no longer where it belongs. */
async function lostResources(client: OpenStackClient, stack: Stack): Promise<readonly string[]> {
  const resources = await listResources(client, stack);
  const [network, volumes, outside] = await Promise.all([
    Promise.all(
      Object.entries(listings).map(async ([type, [key, path]]) => {
        const query = { fields: 'id' };
        const found = await readAll(client, { service: 'network', path, query }, key, z.object({ id: z.string() }));
        return [type, new Set(found.map(({ id }) => id))] as const;
      }),
    ),
    allVolumes(client),
    floatingIps(client),
  ]);
  const present = new Map<string, ReadonlySet<string>>([
    ...network,
    ['OS::Cinder::Volume', new Set(volumes.map(({ id }) => id))],
    ['OS::Neutron::FloatingIP', new Set(outside.map(({ id }) => id))],
  ]);
  const isLost = ({ resource_type, physical_resource_id, resource_status }: ResourceRecord): boolean =>
    resource_status.endsWith('_COMPLETE') && present.get(resource_type)?.has(physical_resource_id ?? '') === false;
  return resources.filter(isLost).map(({ resource_name }) => resource_name);
}
