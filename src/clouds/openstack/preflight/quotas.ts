/**
 * What the project may still have of everything that is counted, against what is missing.
 * Sources: Compute API "Limits", Networking API "Quotas details extension", Block Storage API "Quota sets".
 */
import { z } from 'zod';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { readAll, readOne } from '../read.ts';
import { type Asking, problem, type Quota, shortage, typeOf } from './asking.ts';
import type { Countable } from './demand.ts';

const limit = z.number().int();
const NovaLimits = z.object({
  maxTotalInstances: limit,
  totalInstancesUsed: limit,
  maxTotalCores: limit,
  totalCoresUsed: limit,
  maxTotalRAMSize: limit,
  totalRAMUsed: limit,
  maxServerGroups: limit,
  totalServerGroupsUsed: limit,
  maxServerGroupMembers: limit,
});
const FlavorSize = z.object({ name: z.string(), vcpus: z.number(), ram: z.number() });

export async function checkComputeQuotas({ client, demand }: Asking): Promise<readonly Diagnostic[]> {
  const [{ absolute }, flavors] = await Promise.all([
    readOne(client, { service: 'compute', path: '/limits' }, 'limits', z.object({ absolute: NovaLimits })),
    readAll(client, { service: 'compute', path: '/flavors/detail' }, 'flavors', FlavorSize),
  ]);
  const total = (of: (flavor: z.output<typeof FlavorSize>) => number): number =>
    demand.servers.reduce((sum, server) => {
      const flavor = flavors.find(({ name }) => name === server.flavor);
      return sum + (flavor === undefined ? 0 : of(flavor));
    }, 0);
  const nodes = ['cluster', 'nodes'];
  return [
    ...shortage(
      'servers',
      demand.servers.length,
      quota(absolute.maxTotalInstances, absolute.totalInstancesUsed),
      nodes,
    ),
    ...shortage(
      'cores',
      total(({ vcpus }) => vcpus),
      quota(absolute.maxTotalCores, absolute.totalCoresUsed),
      nodes,
    ),
    ...shortage(
      'memory',
      total(({ ram }) => ram),
      quota(absolute.maxTotalRAMSize, absolute.totalRAMUsed),
      nodes,
      ' MiB',
    ),
    ...shortage(
      'server groups',
      demand.counts.server_group,
      quota(absolute.maxServerGroups, absolute.totalServerGroupsUsed),
      ['cloud'],
    ),
    ...shortage(
      'members of one server group',
      demand.serverGroupMembers,
      quota(absolute.maxServerGroupMembers, 0),
      nodes,
    ),
  ];
}

const quota = (max: number, used: number): Quota => ({ limit: max, used });

const NeutronQuota = z.object({ limit, used: limit, reserved: limit.default(0) });
type NetworkKind = Exclude<Countable, 'server_group'>;

const networkKinds: Readonly<Record<NetworkKind, { readonly words: string; readonly path: Diagnostic['path'] }>> = {
  network: { words: 'networks', path: ['cloud'] },
  subnet: { words: 'subnets', path: ['cloud'] },
  router: { words: 'routers', path: ['cloud'] },
  port: { words: 'ports', path: ['cluster', 'nodes'] },
  security_group: { words: 'security groups', path: ['cloud'] },
  security_group_rule: { words: 'security group rules', path: ['cloud'] },
  floatingip: { words: 'floating IPs', path: ['vips'] },
};

/** Neutron makes a project's group `default` with four rules when the project is first used. */
const givenOnFirstUse: Partial<Record<NetworkKind, number>> = { security_group: 1, security_group_rule: 4 };

export async function checkNetworkQuotas({ client, demand }: Asking): Promise<readonly Diagnostic[]> {
  const { projectId } = await client.session();
  const kinds = Object.keys(networkKinds) as NetworkKind[];
  const schema = z.object(Object.fromEntries(kinds.map((kind) => [kind, NeutronQuota.optional()])));
  const quotas = await readOne(
    client,
    { service: 'network', path: `/quotas/${projectId}/details.json` },
    'quota',
    schema,
  );
  const untouched = quotas.security_group?.used === 0;
  return kinds.flatMap((kind) => {
    const { words, path } = networkKinds[kind];
    const found = quotas[kind];
    const asked = demand.counts[kind];
    const byItself = untouched && asked > 0 ? (givenOnFirstUse[kind] ?? 0) : 0;
    return shortage(words, asked + byItself, found && quota(found.limit, found.used + found.reserved), path);
  });
}

const CinderQuota = z.object({ limit, in_use: limit, reserved: limit.default(0) });

export async function checkVolumeQuotas({ client, demand, settings }: Asking): Promise<readonly Diagnostic[]> {
  const { volumes } = demand;
  if (volumes.length === 0) return [];
  const { projectId } = await client.session();
  const call = { service: 'volumev3', path: `/os-quota-sets/${projectId}`, query: { usage: 'true' } } as const;
  const quotas = await readOne(client, call, 'quota_set', z.record(z.string(), z.union([CinderQuota, z.string()])));
  const of = (key: string): Quota | undefined => {
    const found = quotas[key];
    return typeof found === 'object' ? quota(found.limit, found.in_use + found.reserved) : undefined;
  };
  const largest = Math.max(...volumes.map(({ sizeGiB }) => sizeGiB));
  const path = ['storage'];
  const byType = Map.groupBy(volumes, (volume) => typeOf(settings, volume));
  return [
    ...shortage('volumes', volumes.length, of('volumes'), path),
    ...shortage('volume space', sizeOf(volumes), of('gigabytes'), path, ' GiB'),
    ...shortage('space in one volume', largest, perVolume(of('per_volume_gigabytes')), path, ' GiB'),
    ...[...byType].flatMap(([type, ofType]) =>
      type === undefined
        ? []
        : [
            ...shortage(`volumes of type ${type}`, ofType.length, of(`volumes_${type}`), path),
            ...shortage(`space of type ${type}`, sizeOf(ofType), of(`gigabytes_${type}`), path, ' GiB'),
          ],
    ),
  ];
}

const sizeOf = (volumes: readonly { readonly sizeGiB: number }[]): number =>
  volumes.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);

/** A size, not a sum: nothing of it is ever used up. */
const perVolume = (found: Quota | undefined): Quota | undefined => found && quota(found.limit, 0);

/** Heat's default `max_resources_per_stack`; what a cloud has set cannot be read. */
const USUAL_STACK_RESOURCES = 1000;

export async function checkStackSize({ demand }: Asking): Promise<readonly Diagnostic[]> {
  if (demand.stackResources <= USUAL_STACK_RESOURCES) return [];
  const message = `a stack would have ${demand.stackResources} resources; Heat's default limit is ${USUAL_STACK_RESOURCES}, and what this cloud allows cannot be read`;
  const hint = 'Give the VIPs fewer ports or sources, or ask the operator for max_resources_per_stack';
  return [problem('stack-size-unknown', ['vips'], message, hint, 'warning')];
}
