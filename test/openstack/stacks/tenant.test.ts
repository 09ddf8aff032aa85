/** A tenant of its own: made by an administrator, everything inside belongs to it, and nothing of it is left. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cloud, DeploymentSecrets } from '../../../src/clouds/cloud.ts';
import type { OpenStackCredentials } from '../../../src/clouds/openstack/client/index.ts';
import { createOpenStackClient, listAll, type OpenStackClient } from '../../../src/clouds/openstack/client/index.ts';
import { createOpenStackCloud } from '../../../src/clouds/openstack/openstack-cloud.ts';
import { asRefusal } from '../../../src/kernel/refusal.ts';
import { inventoryOf, keystoneOf } from '../audit.ts';
import { ensureBed } from '../bed.ts';
import { clusterOf, fakeZone, makeAll, removed, secretsFor, topologyFor } from '../deployment.ts';

const name = 'osheat-own';
const topology = topologyFor(name, `tenant: { create: true }\n${clusterOf(2)}`);
let admin: OpenStackCredentials;
let operator: OpenStackClient;
let cloud: Cloud;
let secrets: DeploymentSecrets;
let tenant: string;
beforeAll(async () => {
  admin = await ensureBed();
  operator = createOpenStackClient(admin);
  cloud = createOpenStackCloud({ credentials: admin, settings: fakeZone });
  await removed(cloud, name);
  secrets = await secretsFor(topology);
});
afterAll(() => removed(cloud, name));

const identity = (path: string, key: string) => listAll(operator, { service: 'identity', path }, key);

it('holds everything of the deployment, with quotas that fit', async () => {
  expect(await cloud.observe(topology)).toMatchObject({ tenant: 'absent', credential: 'absent', strayNodes: [] });
  await makeAll(cloud, topology, secrets);
  const [project] = (await identity(`/projects?name=quorate-${name}`, 'projects')) as { id: string; tags: string[] }[];
  tenant = project?.id ?? '';
  expect(project?.tags).toEqual([`quorate:deployment=${name}`]);
  const held = await inventoryOf(operator, tenant);
  expect(held).toEqual(expect.arrayContaining(['servers app-1', 'servers app-2', `networks ${name}-cluster`]));
  expect(held.filter((line) => line.startsWith('ports ')).length).toBeGreaterThan(4);
  const quota = await operator.call({ service: 'compute', method: 'GET', path: `/os-quota-sets/${tenant}` });
  expect(quota.body).toMatchObject({ quota_set: { instances: -1, server_group_members: -1 } });
  expect(await cloud.observe(topology)).toMatchObject({
    tenant: 'present',
    credential: 'present',
    networks: { cluster: 'present', services: 'present' },
    nodes: { 'app-1': { state: 'running' }, 'app-2': { state: 'running' } },
  });
  expect(await cloud.deployments()).toContain(name);
});

it('gives the nodes a credential of its own user, which reaches its servers and nothing else', async () => {
  const access = await cloud.nodeAccess(topology, secrets);
  expect(access).toMatchObject({ kind: 'openstack', deployment: name, authUrl: admin.authUrl });
  const node = createOpenStackClient({
    ...admin,
    auth: {
      method: 'application-credential',
      credential: { name: String(access['applicationCredentialName']), user: { id: String(access['userId']) } },
      secret: secrets.credentialSecret,
    },
  });
  expect(await node.session()).toMatchObject({ projectId: tenant, userName: `quorate-${name}` });
  expect((await node.session()).roles).not.toContain('admin');
  const seen = (await listAll(node, { service: 'compute', path: '/servers/detail' }, 'servers')) as { name: string }[];
  expect(seen.map((server) => server.name).toSorted()).toEqual(['app-1', 'app-2']);
  for (const [service, path] of [
    ['network', '/ports'],
    ['volumev3', '/volumes'],
    ['image', '/images'],
    ['compute', '/flavors'],
  ] as const)
    expect(await node.call({ service, method: 'GET', path }).catch(asRefusal)).toMatchObject({ code: 'CLOUD_REFUSED' });
});

it('takes a password and a secret that are new over the old ones', async () => {
  const others = await secretsFor(topology);
  await cloud.ensureTenant(topology, others);
  await cloud.ensureTenant(topology, secrets);
  expect(await cloud.observe(topology)).toMatchObject({ tenant: 'present', credential: 'present' });
});

it('is not taken from somebody else', async () => {
  const other = { ...topology, deployment: 'osheat-thief' };
  expect(await cloud.ensureTenant(other, secrets).catch(asRefusal)).toMatchObject({ code: 'CONFLICT', retry: 'never' });
});

it('is not removed while something of another is in it, and then wholly', async () => {
  const inside = createOpenStackClient({
    ...admin,
    auth: { ...(admin.auth as Extract<typeof admin.auth, { method: 'password' }>), project: { id: tenant } },
  });
  const made = await inside.call({
    service: 'volumev3',
    method: 'POST',
    path: '/volumes',
    body: { volume: { name: 'foreign', size: 1 } },
  });
  const { id } = (made.body as { volume: { id: string } }).volume;
  expect(await cloud.removeAll(name, () => undefined).catch(asRefusal)).toMatchObject({
    code: 'CONFLICT',
    data: { foreign: ['volume foreign'] },
  });
  await inside.call({ service: 'volumev3', method: 'DELETE', path: `/volumes/${id}` });
  await expect
    .poll(() => listAll(inside, { service: 'volumev3', path: '/volumes' }, 'volumes'), { timeout: 30_000 })
    .toEqual([]);
  await removed(cloud, name);
  expect(await inventoryOf(operator, tenant)).toEqual([]);
  expect(await keystoneOf(operator, name)).toEqual([]);
  expect(await cloud.deployments()).not.toContain(name);
  expect(await removed(cloud, name)).toEqual([]);
});
