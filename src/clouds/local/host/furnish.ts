/**
 * What an empty Incus needs before it is the local cloud: a storage pool, the external network, and its API
 * on that network's address for the nodes' fence agents. What is there is left as it is.
 * Source: Incus documentation, "Bridge network", "Server configuration".
 */
import { connect } from 'node:net';
import { type Cidr, cidrsOverlap, parseCidr } from '../../../kernel/ipv4.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { hostRoutes } from '../host-facts.ts';
import { apiPath, createIncusClient, type IncusClient } from '../incus/client.ts';
import { NetworkRecord, ServerRecord } from '../incus/records.ts';
import { despiteMovingInterfaces } from '../moving-interfaces.ts';
import type { HostLayout } from './layout.ts';
import { ensurePools } from './storage-pool.ts';

const apiPort = 18443;

/** Tried in this order; the first that the host does not route yet becomes the external network. */
const externalCandidates = ['172.29.77.0/24', '172.30.77.0/24', '172.31.77.0/24', '192.168.77.0/24', '198.18.77.0/24'];

/** Returns the external network, as `172.29.77.0/24`, and the pool for volumes. @throws Refusal DISK_FULL, CONFLICT */
export async function furnish(
  layout: HostLayout,
  report: (activity: string) => void,
): Promise<{ readonly external: string; readonly volumePool: string }> {
  const client = createIncusClient({ socketPath: layout.socketPath });
  const volumePool = await ensurePools(client, layout, report);
  const external = await ensureOutside(client, layout, report);
  await configure(client, external);
  return { external, volumePool };
}

async function ensureOutside(
  client: IncusClient,
  layout: HostLayout,
  report: (activity: string) => void,
): Promise<string> {
  const name = layout.outsideBridge;
  const found = await client.find(apiPath(['networks', name]), NetworkRecord);
  const known = found?.config['user.quorate.external'];
  const halfMade = found?.status === 'Errored' || found?.status === 'Pending';
  if (known !== undefined && !halfMade) return known;
  if (known !== undefined) await client.remove(apiPath(['networks', name]));
  else if (found !== undefined)
    throw new Refusal('CONFLICT', `a network interface ${name} exists on this machine and was not made by Quorate`, {
      retry: 'never',
      next: 'Remove or rename it, then run the same command again.',
    });
  const external = known ?? freeExternal((await hostRoutes()).map(({ cidr }) => cidr));
  report(`making the external network ${external}`);
  // The bridge itself has the first eight addresses: Incus refuses a forward whose address lies in a bridge's own subnet.
  const address = external.replace('.0/24', '.1/29');
  const config = {
    'ipv4.address': address,
    'ipv4.nat': 'true',
    'ipv4.dhcp': 'false',
    'ipv6.address': 'none',
    'user.quorate.external': external,
  };
  await despiteMovingInterfaces(() =>
    client.change('POST', apiPath(['networks']), { body: { name, type: 'bridge', config } }),
  );
  return external;
}

/** @throws Refusal CONFLICT when every candidate is routed */
export function freeExternal(routed: readonly Cidr[]): string {
  const free = externalCandidates.find((candidate) => {
    const cidr = parseCidr(candidate);
    return cidr !== undefined && !routed.some((other) => cidrsOverlap(cidr, other));
  });
  if (free !== undefined) return free;
  throw new Refusal('CONFLICT', `this machine routes all of ${externalCandidates.join(', ')} already`, {
    retry: 'never',
    next: 'Free one of these ranges for the local cloud.',
  });
}

async function configure(client: IncusClient, external: string): Promise<void> {
  const address = external.replace('.0/24', '.1');
  const wanted = {
    // On the external network's own address alone: no other interface of the host answers.
    'core.https_address': `${address}:${apiPort}`,
    'images.auto_update_interval': '0',
  };
  const { config } = await client.get('/1.0', ServerRecord);
  const same = Object.entries(wanted).every(([key, value]) => config[key] === value);
  if (same && (await listens(address, apiPort))) return;
  // After a boot Incus opens its API before it has made the bridge, and tries again much later: until then
  // no node could fence. It opens it at once when the setting changes.
  if (same) await client.change('PATCH', '/1.0', { body: { config: { 'core.https_address': '' } } });
  await client.change('PATCH', '/1.0', { body: { config: wanted } });
}

const listens = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
