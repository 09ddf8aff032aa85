/** What Neutron must be able to do, the network outside, and the addresses there that a person named. */
import { z } from 'zod';
import { deploymentOfTag } from '../../../artefacts/heat/index.ts';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { nearest } from '../../../spec/suggest.ts';
import type { OpenStackClient } from '../client/index.ts';
import { readAll } from '../read.ts';
import { type Asking, problem } from './asking.ts';

const needed: Readonly<Record<string, string>> = {
  router: 'networks get no way out',
  'external-net': 'there is no network outside',
  'security-group': 'nothing keeps strangers from the nodes',
  'port-security': 'VIPs would be thrown away as forged addresses',
  'allowed-address-pairs': 'a VIP cannot move from node to node',
};

export async function checkExtensions({ client }: Asking): Promise<readonly Diagnostic[]> {
  const found = await readAll(
    client,
    { service: 'network', path: '/extensions' },
    'extensions',
    z.object({ alias: z.string() }),
  );
  return Object.entries(needed)
    .filter(([alias]) => !found.some((extension) => extension.alias === alias))
    .map(([alias, without]) =>
      problem(
        'extension-missing',
        ['cloud'],
        `Neutron has no extension ${alias}: without it ${without}`,
        'Ask the operator for it',
      ),
    );
}

export async function checkExternalNetwork({ client, settings, topology }: Asking): Promise<readonly Diagnostic[]> {
  if (!topology.networks.some(({ routed }) => routed)) return [];
  const query = { 'router:external': 'true' };
  const outside = await readAll(
    client,
    { service: 'network', path: '/networks', query },
    'networks',
    z.object({ id: z.string(), name: z.string() }),
  );
  const names = outside.map(({ name }) => name);
  const wanted = settings.externalNetwork;
  if (wanted === undefined) {
    if (outside.length === 1) return [];
    return outside.length === 0
      ? [
          problem(
            'no-external-network',
            ['cloud'],
            'this project sees no external network',
            'Ask the operator to share one',
          ),
        ]
      : [
          problem(
            'external-network-ambiguous',
            ['cloud'],
            `there are ${outside.length} external networks: ${names.join(', ')}`,
            'Say which one',
          ),
        ];
  }
  if (outside.some(({ id, name }) => id === wanted || name === wanted)) return [];
  const near = nearest(wanted, names);
  const hint = near === undefined ? `There are ${names.join(', ')}` : `Did you mean ${near}?`;
  return [problem('unknown-external-network', ['cloud'], `there is no external network ${wanted}`, hint)];
}

const FloatingIpRecord = z.object({
  floating_ip_address: z.string(),
  fixed_ip_address: z.string().nullish(),
  port_id: z.string().nullish(),
});

/** A given address is one that the project has already; only operators may choose an address when they make one. */
export async function checkGivenAddresses({ client, topology, standing }: Asking): Promise<readonly Diagnostic[]> {
  const vips = topology.clusters.flatMap((cluster) => cluster.vips);
  const given = vips.flatMap((vip, index) =>
    typeof vip.external === 'object' ? [{ address: vip.external.address, path: ['vips', index, 'external'] }] : [],
  );
  if (given.length === 0) return [];
  const all = await readAll(client, { service: 'network', path: '/floatingips' }, 'floatingips', FloatingIpRecord);
  const free = all.filter(({ port_id }) => typeof port_id !== 'string').map((one) => one.floating_ip_address);
  const hint = free.length > 0 ? `Free ones are ${free.join(', ')}; or write \`auto\`` : 'Write `auto`';
  const checked = given.map(async ({ address, path }): Promise<readonly Diagnostic[]> => {
    const found = all.find((one) => one.floating_ip_address === address);
    if (found === undefined)
      return [problem('address-missing', path, `the project has no floating IP ${address}`, hint)];
    if (typeof found.port_id !== 'string' || standing.ids.has(found.port_id)) return [];
    const owner = await ownerOf(client, found.port_id);
    const whither = owner === undefined ? (found.fixed_ip_address ?? 'another port') : `a VIP of deployment ${owner}`;
    return [problem('address-taken', path, `floating IP ${address} leads to ${whither}`, hint)];
  });
  return (await Promise.all(checked)).flat();
}

async function ownerOf(client: OpenStackClient, port: string): Promise<string | undefined> {
  const Tagged = z.object({ tags: z.array(z.string()).default([]) });
  const call = { service: 'network', path: '/ports', query: { id: port } } as const;
  const [found] = await readAll(client, call, 'ports', Tagged);
  return found?.tags.map(deploymentOfTag).find((deployment) => deployment !== undefined);
}

/** Neutron's default `max_allowed_address_pair`; what a cloud has set cannot be read. */
const USUAL_ADDRESS_PAIRS = 10;

export async function checkAddressPairs({ demand }: Asking): Promise<readonly Diagnostic[]> {
  if (demand.addressPairs <= USUAL_ADDRESS_PAIRS) return [];
  const message = `a node's port must allow ${demand.addressPairs} VIPs; Neutron's default is ${USUAL_ADDRESS_PAIRS}, and what this cloud allows cannot be read`;
  return [
    problem('address-pairs-unknown', ['vips'], message, 'Ask the operator for max_allowed_address_pair', 'warning'),
  ];
}
