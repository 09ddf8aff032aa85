/**
 * What preflight counts beside what Heat really takes: the deployment's own stacks are made in zone `fake`, and the
 * project's usage must have grown by the demand, kind by kind.
 */
import { expect, it } from 'vitest';
import { demandOf } from '../../src/clouds/openstack/preflight/demand.ts';
import type { Topology } from '../../src/topology/topology.ts';
import { makeAll, ownProject, secretsFor, topologyFor } from './deployment.ts';

const { operator, project, cloud } = await ownProject('osclient-standing');

const topology = (name: string): Topology =>
  topologyFor(
    name,
    `cluster: {nodes: 2, flavor: small}
vips: [{name: web, ports: [80, 443]}, {name: inner, external: none}]
storage: [{name: data, sizeGiB: 1, mount: /srv/data, attach: shared}]
access: {from: [192.0.2.0/24]}`,
  );

type Usage = Readonly<Record<string, { readonly used: number }>>;

async function usage(): Promise<Readonly<Record<string, number>>> {
  const get = async (service: 'network' | 'compute' | 'volumev3', path: string, query = {}) =>
    (await project.client.call({ service, method: 'GET', path, query })).body;
  const { quota } = (await get('network', `/quotas/${project.id}/details.json`)) as { quota: Usage };
  const { limits } = (await get('compute', '/limits')) as { limits: { absolute: Record<string, number> } };
  const volumes = (await get('volumev3', `/os-quota-sets/${project.id}`, { usage: 'true' })) as {
    quota_set: Record<string, { in_use: number }>;
  };
  return {
    ...Object.fromEntries(Object.entries(quota).map(([kind, { used }]) => [kind, used])),
    server_group: limits.absolute['totalServerGroupsUsed'] ?? 0,
    servers: limits.absolute['totalInstancesUsed'] ?? 0,
    volumes: volumes.quota_set['volumes']?.in_use ?? 0,
  };
}

it('a deployment takes what preflight counts, and then asks for nothing more', async () => {
  const wanted = topology('osclient-shop');
  // Makes Neutron's own group `default`, with its rules.
  await project.client.call({ service: 'network', method: 'GET', path: '/security-groups' });
  const before = await usage();
  const demand = demandOf(wanted, () => false);
  await makeAll(cloud, wanted, await secretsFor(wanted));
  const after = await usage();
  const grown = Object.fromEntries(Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)]));
  expect(grown).toMatchObject({
    ...demand.counts,
    // Heat takes the two rules away that Neutron gives a group, where the template has some that let out.
    security_group_rule: expect.toSatisfy((count: number) => count <= demand.counts.security_group_rule),
    servers: demand.servers.length,
    volumes: demand.volumes.length,
  });
  const full = {
    network: after['network'],
    port: after['port'],
    floatingip: after['floatingip'],
    router: after['router'],
  };
  await operator.call({ service: 'network', method: 'PUT', path: `/quotas/${project.id}`, body: { quota: full } });
  await operator.call({
    service: 'compute',
    method: 'PUT',
    path: `/os-quota-sets/${project.id}`,
    body: { quota_set: { instances: after['servers'] } },
  });
  const messages = async (name: string) => (await cloud.preflight(topology(name))).map(({ message }) => message);
  expect(await messages('osclient-shop')).toEqual([]);
  expect(await messages('osclient-other')).toContain(
    "the project's quota has no room for 2 more servers: 0 are left (2 of 2 used)",
  );
});
