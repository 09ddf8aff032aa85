/**
 * The OpenStack that tests run on: the one that QUORATE_TEST_OPENSTACK names (a cloud of clouds.yaml, with admin
 * rights), or the bed of this folder, brought up where it is not up yet (Debian 12, root; minutes the first time).
 */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import {
  createOpenStackClient,
  type OpenStackClient,
  type OpenStackCredentials,
} from '../../src/clouds/openstack/client/index.ts';
import { readCloudConfig } from '../../src/clouds/openstack/config/index.ts';

const script = fileURLToPath(new URL('bed/aio.sh', import.meta.url));

/** Credentials of the admin, who may make tenants and see everything. */
export async function ensureBed(): Promise<OpenStackCredentials> {
  const name = process.env['QUORATE_TEST_OPENSTACK'] ?? '';
  if (name !== '') return (await readCloudConfig(name, process.env)).credentials;
  await execa(script, ['up'], { stdout: ['pipe', 'inherit'] });
  const { stdout } = await execa(script, ['rc']);
  const variables = [...stdout.matchAll(/(OS_[A-Z_]+)=(\S+)/g)].map(([, key, value]) => [key, value]);
  return (await readCloudConfig('envvars', Object.fromEntries(variables))).credentials;
}

/** Every daemon that it is made of runs. By its script: some networks answer a connection to any address. */
export async function bedIsUp(): Promise<boolean> {
  const { exitCode } = await execa(script, ['status'], { reject: false });
  return exitCode === 0;
}

export async function stopBed(): Promise<void> {
  await execa(script, ['down'], { stdout: ['pipe', 'inherit'] });
}

export type TestProject = {
  readonly id: string;
  /** An ordinary user's: no right but those of the project's members. */
  readonly credentials: OpenStackCredentials;
  readonly client: OpenStackClient;
  /** Project, user and what Neutron makes in every project; nothing that a test left in it. */
  remove(): Promise<void>;
};

/**
 * A project with one ordinary user in it, both called `name`. One that an earlier run left is taken over as it is.
 */
export async function makeTestProject(admin: OpenStackCredentials, name: string): Promise<TestProject> {
  const cloud = createOpenStackClient(admin);
  const password = crypto.randomUUID();
  const domain_id = (await cloud.session()).projectDomainId;
  const project = await ensure(cloud, 'projects', { name, domain_id });
  const user = await ensure(cloud, 'users', { name, domain_id });
  await cloud.call({ service: 'identity', method: 'PATCH', path: `/users/${user}`, body: { user: { password } } });
  for (const role of await memberRoles(cloud))
    await cloud.call({ service: 'identity', method: 'PUT', path: `/projects/${project}/users/${user}/roles/${role}` });
  const credentials: OpenStackCredentials = {
    ...admin,
    auth: { method: 'password', user: { id: user }, password, project: { id: project } },
  };
  return {
    id: project,
    credentials,
    client: createOpenStackClient(credentials),
    remove: () => removeProject(cloud, project, user),
  };
}

/** A usual project may have ten servers, in groups of ten. */
export async function liftComputeQuota(operator: OpenStackClient, project: TestProject): Promise<void> {
  const body = { quota_set: { instances: -1, cores: -1, ram: -1, server_group_members: -1 } };
  await operator.call({ service: 'compute', method: 'PUT', path: `/os-quota-sets/${project.id}`, body });
}

/** `heat_stack_owner` is what a Heat of older releases delegates; clouds without it need only `member`. */
async function memberRoles(cloud: OpenStackClient): Promise<readonly string[]> {
  const wanted = ['member', 'heat_stack_owner'];
  const { body } = await cloud.call({ service: 'identity', method: 'GET', path: '/roles' });
  const { roles } = body as { readonly roles: readonly { readonly id: string; readonly name: string }[] };
  return roles.filter(({ name }) => wanted.includes(name)).map(({ id }) => id);
}

async function ensure(
  cloud: OpenStackClient,
  kind: 'projects' | 'users',
  wanted: { readonly name: string; readonly domain_id: string },
): Promise<string> {
  const { name, domain_id } = wanted;
  const path = `/${kind}`;
  const found = await cloud.call({ service: 'identity', method: 'GET', path, query: { name, domain_id } });
  const [existing] = (found.body as Record<string, { readonly id: string }[]>)[kind] ?? [];
  if (existing !== undefined) return existing.id;
  const single = kind.slice(0, -1);
  const made = await cloud.call({ service: 'identity', method: 'POST', path, body: { [single]: wanted } });
  return ((made.body as Record<string, { readonly id: string }>)[single] as { readonly id: string }).id;
}

async function removeProject(cloud: OpenStackClient, project: string, user: string): Promise<void> {
  const query = { project_id: project };
  const { body } = await cloud.call({ service: 'network', method: 'GET', path: '/security-groups', query });
  const groups = (body as { readonly security_groups: readonly { readonly id: string; readonly name: string }[] })
    .security_groups;
  for (const { id, name } of groups)
    if (name === 'default') await cloud.call({ service: 'network', method: 'DELETE', path: `/security-groups/${id}` });
  await cloud.call({ service: 'identity', method: 'DELETE', path: `/users/${user}` });
  await cloud.call({ service: 'identity', method: 'DELETE', path: `/projects/${project}` });
}
