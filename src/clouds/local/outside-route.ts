/**
 * The host's route to the external network. A forward is address translation only: where no route leads to
 * its address, this host's own packets are refused before they are translated, and with a default route
 * those for addresses that nobody has leave for the upstream router.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseCidr } from '../../kernel/ipv4.ts';
import { hostRoutes } from './host-facts.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { NetworkRecord } from './incus/records.ts';
import { EXTERNAL_TAG } from './names.ts';

/**
 * Looked at each time, because a restart of Incus or of the host loses it. Incus' own `ipv4.routes` would keep
 * it, but Incus then refuses forwards in that range.
 */
export async function ensureOutsideRoute(client: IncusClient): Promise<void> {
  const networks = await client.list(apiPath(['networks']), NetworkRecord);
  for (const { name, config } of networks) {
    const external = config[EXTERNAL_TAG];
    const cidr = external === undefined ? undefined : parseCidr(external);
    if (external === undefined || cidr === undefined) continue;
    const routes = await hostRoutes();
    const there = routes.some(
      (route) => route.device === name && route.cidr.base === cidr.base && route.cidr.prefix === cidr.prefix,
    );
    if (!there) await promisify(execFile)('ip', ['route', 'replace', external, 'dev', name]);
  }
}
