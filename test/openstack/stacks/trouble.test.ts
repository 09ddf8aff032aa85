/** The cloud says no half-way: what the person hears is the cause, and both a second try and a removal work. */
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { listAll } from '../../../src/clouds/openstack/client/index.ts';
import { asRefusal } from '../../../src/kernel/refusal.ts';
import { bootsFor, clusterOf, makeAll, ownProject, removed, secretsFor, topologyFor } from '../deployment.ts';

const name = 'osheat-trouble';
const topology = topologyFor(name, clusterOf(2));
const { operator, project, cloud, inventory } = await ownProject('osheat-trouble');
let before: readonly string[];
beforeAll(async () => {
  before = await inventory();
});
beforeEach(() => setQuota({ instances: 10, ports: 500 }));

async function setQuota({ instances, ports }: { readonly instances: number; readonly ports: number }): Promise<void> {
  await operator.call({
    service: 'compute',
    method: 'PUT',
    path: `/os-quota-sets/${project.id}`,
    body: { quota_set: { instances, ram: -1 } },
  });
  await operator.call({
    service: 'network',
    method: 'PUT',
    path: `/quotas/${project.id}`,
    body: { quota: { port: ports } },
  });
}

it('a shortage is refused with its numbers before anything exists', async () => {
  await setQuota({ instances: 1, ports: 3 });
  const found = await cloud.preflight(topology);
  const errors = found.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  expect(errors).toEqual(
    expect.arrayContaining([expect.stringMatching(/2 more servers: 1 are left/), expect.stringMatching(/more ports/)]),
  );
  expect(await inventory()).toEqual(before);
});

it('a quota that is taken away meanwhile is the cause that is told; the next run goes on from there', async () => {
  await cloud.ensureTenant(topology, await secretsFor(topology));
  await cloud.ensureGround(topology);
  await setQuota({ instances: 1, ports: 500 });
  expect(await cloud.ensureNodes(topology, bootsFor(topology)).catch(asRefusal)).toMatchObject({
    code: 'QUOTA_EXCEEDED',
    retry: 'never',
    message: expect.stringMatching(/Quota exceeded for instances/),
  });
  await setQuota({ instances: 10, ports: 500 });
  const seen = await cloud.observe(topology);
  const missing = Object.entries(seen.nodes)
    .filter(([, { state }]) => state === 'absent')
    .map(([node]) => node);
  expect(missing.length).toBeGreaterThan(0);
  await cloud.ensureNodes(topology, bootsFor(topology, missing));
  expect(Object.values((await cloud.observe(topology)).nodes)).toEqual([{ state: 'running' }, { state: 'running' }]);
  await removed(cloud, name);
  expect(await inventory()).toEqual(before);
});

it('ports that the quota does not allow are told as such, and what was made is removed', async () => {
  await cloud.ensureTenant(topology, await secretsFor(topology));
  await setQuota({ instances: 10, ports: 2 });
  expect(await cloud.ensureGround(topology).catch(asRefusal)).toMatchObject({
    code: 'QUOTA_EXCEEDED',
    message: expect.stringMatching(/port/),
  });
  await removed(cloud, name);
  expect(await inventory()).toEqual(before);
});

it('a removal that was killed between the credential and its access rules removes them when it is run again', async () => {
  await cloud.ensureTenant(topology, await secretsFor(topology));
  const credentials = `/users/${(await project.client.session()).userId}/application_credentials`;
  const made = await listAll(project.client, { service: 'identity', path: credentials }, 'application_credentials');
  for (const { id } of made as { id: string }[])
    await project.client.call({ service: 'identity', method: 'DELETE', path: `${credentials}/${id}` });
  expect(await inventory()).toContainEqual(expect.stringMatching(/^access_rules /));
  await removed(cloud, name);
  expect(await inventory()).toEqual(before);
});

it('no valid host is told in the words of Nova, the nodes count as never made, and a flavor that fits mends it', async () => {
  const flavor = { name: 'osheat-huge', vcpus: 1, ram: 50_000_000, disk: 1 };
  const made = await operator.call({ service: 'compute', method: 'POST', path: '/flavors', body: { flavor } });
  const path = `/flavors/${(made.body as { flavor: { id: string } }).flavor.id}`;
  try {
    const huge = topologyFor(name, clusterOf(2).replace('tiny', flavor.name));
    const refusal = await makeAll(cloud, huge, await secretsFor(huge)).catch(asRefusal);
    expect(refusal).toMatchObject({
      code: 'CLOUD_REFUSED',
      retry: 'later',
      data: { stack: `quorate-${name}.app`, type: 'OS::Nova::Server' },
    });
    expect(refusal?.message).toMatch(/^app_\d_server of stack .* failed: .*No valid host was found/);
    // Heat gives the stack up with the first server that fails; Nova may have another one still in its hands.
    await expect
      .poll(async () => Object.values((await cloud.observe(huge)).nodes), { timeout: 60_000 })
      .toEqual([{ state: 'absent' }, { state: 'absent' }]);
    await cloud.ensureNodes(topology, bootsFor(topology));
    expect(Object.values((await cloud.observe(topology)).nodes)).toEqual([{ state: 'running' }, { state: 'running' }]);
    await removed(cloud, name);
    expect(await inventory()).toEqual(before);
  } finally {
    await operator.call({ service: 'compute', method: 'DELETE', path });
  }
});
