/**
 * The VIPs' outside addresses: one Incus network forward each, on the VIP's bridge, from the range of the
 * local cloud. `auto` takes the lowest free one; two processes that pick the same one find out by looking
 * again, because Incus checks addresses of different networks without a lock.
 */
import { parseIpv4, renderIpv4 } from '../../kernel/ipv4.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Topology, Vip } from '../../topology/topology.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { AllocationRecord, ForwardRecord, NetworkRecord } from './incus/records.ts';
import { allVips, bridgeName, routedNetworks, TAG, VIP_TAG } from './names.ts';
import { type LocalCloudSettings, outsideRange } from './settings.ts';

export type OutsideAddress = {
  readonly address: string;
  readonly bridge: string;
  /** undefined for one that Quorate did not make. */
  readonly deployment: string | undefined;
  readonly vip: string | undefined;
  readonly forward: ForwardRecord;
};

/** Makes each VIP's forward as the topology has it, and removes those of VIPs that are gone or inside only. */
export async function ensureOutside(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
): Promise<void> {
  const wanted = allVips(topology).filter(({ external }) => external !== 'none');
  const kept = new Set<string>();
  for (const mapped of await ownForwards(client, topology)) {
    const vip = wanted.find(({ name }) => name === mapped.vip);
    if (vip !== undefined && !kept.has(vip.name) && suits(topology, vip, mapped)) kept.add(vip.name);
    else await client.remove(forwardPath(mapped.bridge, mapped.address));
  }
  // One after the other: within a deployment nothing races, and the lowest address goes to the first VIP.
  for (const vip of wanted) await ensureForward(client, settings, topology, vip);
}

const suits = (topology: Topology, vip: Vip, mapped: OutsideAddress): boolean =>
  mapped.bridge === bridgeName(topology.deployment, vip.network) &&
  (typeof vip.external !== 'object' || vip.external.address === mapped.address);

async function ensureForward(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
  vip: Vip,
): Promise<void> {
  const bridge = bridgeName(topology.deployment, vip.network);
  const ports = forwardPorts(vip);
  const mapped = (await ownForwards(client, topology)).find(({ vip: name }) => name === vip.name);
  if (mapped !== undefined) {
    if (portSet(mapped.forward.ports) === portSet(ports)) return;
    const body = { config: mapped.forward.config, ports };
    return client.change('PUT', forwardPath(bridge, mapped.address), { body });
  }
  const refused = new Set<string>();
  for (;;) {
    const address = await pickAddress(client, settings, vip, refused);
    const config = { [TAG]: topology.deployment, [VIP_TAG]: vip.name };
    const outcome = await client
      .change('POST', apiPath(['networks', bridge, 'forwards']), { body: { listen_address: address, config, ports } })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    const holders = await holdersOf(client, address);
    if (outcome === undefined) {
      // Of two that got the same address at once, the bridge that sorts first keeps it.
      if (holders.every((holder) => holder >= bridge)) return;
      await client.remove(forwardPath(bridge, address));
    } else if (holders.includes(bridge)) {
      // Ours after all: what an earlier, killed run had asked for was still under way.
      return ensureForward(client, settings, topology, vip);
    } else if (holders.length === 0) {
      throw outcome;
    }
    refused.add(address);
  }
}

/** @throws Refusal ADDRESS_TAKEN with the holder's name; QUOTA_EXCEEDED when the range is used up */
async function pickAddress(
  client: IncusClient,
  settings: LocalCloudSettings,
  vip: Vip,
  refused: ReadonlySet<string>,
): Promise<string> {
  const taken = await takenAddresses(client);
  if (typeof vip.external === 'object') {
    const { address } = vip.external;
    const trouble = addressTrouble(settings, address);
    if (trouble !== undefined) {
      throw new Refusal('ADDRESS_TAKEN', `VIP ${vip.name} cannot have ${address} outside: ${trouble}`, {
        retry: 'never',
      });
    }
    if (!taken.has(address) && !refused.has(address)) return address;
    throw new Refusal('ADDRESS_TAKEN', `${address} is taken by ${await describeHolder(client, address)}`, {
      retry: 'never',
      next: `Give VIP ${vip.name} another address, or \`external: auto\`.`,
      data: { address, vip: vip.name },
    });
  }
  const { first, last } = outsideRange(settings);
  for (let value = first; value <= last; value += 1) {
    const address = renderIpv4(value);
    if (!taken.has(address) && !refused.has(address)) return address;
  }
  throw new Refusal(
    'QUOTA_EXCEEDED',
    `no outside address is free for VIP ${vip.name}: all ${last - first + 1} are taken`,
    {
      retry: 'later',
      next: 'Delete a deployment, or set `external: none` on VIPs that need no outside address.',
      data: { first: settings.outside.first, last: settings.outside.last },
    },
  );
}

/** Why the address cannot be an outside one at all; undefined when it can. */
export function addressTrouble(settings: LocalCloudSettings, address: string): string | undefined {
  const { first, last } = outsideRange(settings);
  const value = parseIpv4(address) ?? -1;
  if (value >= first && value <= last) return undefined;
  return `the external network has ${settings.outside.first} to ${settings.outside.last}`;
}

/** Forwards of the deployment's own bridges. */
export async function ownForwards(client: IncusClient, topology: Topology): Promise<readonly OutsideAddress[]> {
  const bridges = routedNetworks(topology).map(({ name }) => bridgeName(topology.deployment, name));
  return (await Promise.all(bridges.map((bridge) => forwardsOf(client, bridge)))).flat();
}

export async function forwardsOf(client: IncusClient, bridge: string): Promise<readonly OutsideAddress[]> {
  const forwards = await client.list(apiPath(['networks', bridge, 'forwards']), ForwardRecord);
  return forwards.map((forward) => ({
    address: forward.listen_address,
    bridge,
    deployment: forward.config[TAG],
    vip: forward.config[VIP_TAG],
    forward,
  }));
}

export const forwardPath = (bridge: string, address: string): string =>
  apiPath(['networks', bridge, 'forwards', address]);

/** Every address that a forward listens on, with the bridges that have it. */
export async function takenAddresses(client: IncusClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const allocations = await client.list('/1.0/network-allocations', AllocationRecord, { 'all-projects': 'true' });
  const taken = new Map<string, string[]>();
  for (const { type, addresses, used_by } of allocations) {
    if (type !== 'network-forward') continue;
    const address = addresses.split('/')[0] ?? addresses;
    const bridge = decodeURIComponent(used_by.split('/')[3] ?? '');
    taken.set(address, [...(taken.get(address) ?? []), bridge]);
  }
  return taken;
}

const holdersOf = async (client: IncusClient, address: string): Promise<readonly string[]> =>
  (await takenAddresses(client)).get(address) ?? [];

/** `VIP web of deployment billing`, for messages. */
export async function describeHolder(client: IncusClient, address: string): Promise<string> {
  const bridge = (await holdersOf(client, address))[0];
  if (bridge === undefined) return 'another network';
  const holder = (await forwardsOf(client, bridge)).find((forward) => forward.address === address);
  const network = await client.find(apiPath(['networks', bridge]), NetworkRecord);
  const deployment = holder?.deployment ?? network?.config[TAG];
  if (deployment === undefined) return `the Incus network ${bridge}`;
  return holder?.vip === undefined ? `deployment ${deployment}` : `VIP ${holder.vip} of deployment ${deployment}`;
}

const forwardPorts = (vip: Vip) =>
  vip.ports.map((port) => ({
    protocol: 'tcp',
    listen_port: String(port),
    target_address: vip.address,
    target_port: String(port),
  }));

const portSet = (ports: readonly { readonly listen_port: string; readonly target_address: string }[]): string =>
  ports
    .map(({ listen_port, target_address }) => `${listen_port}>${target_address}`)
    .toSorted()
    .join(' ');
