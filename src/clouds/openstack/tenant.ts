/**
 * A deployment's tenant: a project, and a user of its own, whose credential the nodes have: it outlives the person
 * who made the deployment. The person enters the project with no more rights than the tenant's user has there.
 * Source: Identity API v3, "Projects", "Project tags", "Users", "Roles"; the services' quota APIs.
 */
import { z } from 'zod';
import { deploymentTag } from '../../artefacts/heat/index.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { Topology } from '../../topology/topology.ts';
import type { DeploymentSecrets } from '../cloud.ts';
import { createOpenStackClient, type OpenStackClient, type OpenStackCredentials } from './client/index.ts';
import { tenantUserDescription, tenantUserName } from './keystone-names.ts';
import { ensureCredential } from './node-credential.ts';
import { readAll } from './read.ts';
import { ProjectRecord, type Workspaces } from './workspace.ts';

const UserRecord = z.object({ id: z.string(), name: z.string(), description: z.string().nullish() });
const IdRecord = z.object({ id: z.string(), name: z.string() });

/** @throws Refusal CONFLICT (a project or user of that name is not ours), CLOUD_REFUSED (no right to make one) */
export async function ensureTenant(
  workspaces: Workspaces,
  topology: Topology,
  secrets: Pick<DeploymentSecrets, 'credentialSecret' | 'tenantPassword'>,
): Promise<void> {
  const { deployment, tenant } = topology;
  const { own, credentials } = workspaces;
  if (tenant === undefined) return ensureCredential(own, credentials, deployment, secrets.credentialSecret);
  const project = await ensureProject(own, deployment, tenant);
  const user = await ensureUser(own, deployment, project, secrets.tenantPassword);
  const { userId } = await own.session();
  await ensureRoles(own, project, [user, userId]);
  await ensureQuotas(own, project);
  const asTenant = tenantClient(credentials, project, user, secrets.tenantPassword);
  await ensurePassword(own, asTenant, user, secrets.tenantPassword);
  await ensureCredential(asTenant, credentials, deployment, secrets.credentialSecret);
}

const tenantClient = (
  credentials: OpenStackCredentials,
  project: string,
  user: string,
  password: string,
): OpenStackClient =>
  createOpenStackClient({
    ...credentials,
    auth: { method: 'password', user: { id: user }, password, project: { id: project } },
  });

async function ensureProject(own: OpenStackClient, deployment: string, name: string): Promise<string> {
  const { projectDomainId: domain_id } = await own.session();
  const query = { name, domain_id };
  const [found] = await readAll(own, { service: 'identity', path: '/projects', query }, 'projects', ProjectRecord);
  if (found !== undefined) {
    if (found.tags.includes(deploymentTag(deployment))) return found.id;
    throw foreign('project', name, 'Give the deployment another `tenant.name`, or remove that project.');
  }
  const tags = [deploymentTag(deployment)];
  const project = { name, domain_id, description: `Quorate deployment ${deployment}`, tags };
  return make(own, 'project', '/projects', project);
}

async function ensureUser(
  own: OpenStackClient,
  deployment: string,
  project: string,
  password: string,
): Promise<string> {
  const name = tenantUserName(deployment);
  const description = tenantUserDescription(deployment);
  const found = await findTenantUser(own, deployment);
  if (found !== undefined) return found;
  const { projectDomainId: domain_id } = await own.session();
  return make(own, 'user', '/users', { name, domain_id, description, password, default_project_id: project });
}

/** The id. @throws Refusal CONFLICT when a user of that name is not ours */
export async function findTenantUser(own: OpenStackClient, deployment: string): Promise<string | undefined> {
  const name = tenantUserName(deployment);
  const { projectDomainId: domain_id } = await own.session();
  const query = { name, domain_id };
  const [found] = await readAll(own, { service: 'identity', path: '/users', query }, 'users', UserRecord);
  if (found === undefined || found.description === tenantUserDescription(deployment)) return found?.id;
  throw foreign('user', name, 'Give the deployment another name, or remove that user.');
}

const foreign = (what: string, name: string, next: string): Refusal =>
  new Refusal('CONFLICT', `a ${what} ${name} exists and was not made for this deployment`, {
    retry: 'never',
    next,
    data: { [what]: name },
  });

async function make(own: OpenStackClient, kind: 'project' | 'user', path: string, body: unknown): Promise<string> {
  const made = await own.call({ service: 'identity', method: 'POST', path, body: { [kind]: body } });
  return z.record(z.string(), z.object({ id: z.string() })).parse(made.body)[kind]?.id ?? '';
}

/** `heat_stack_owner` is what Heat of older releases hands on; clouds without it need only `member`. */
const wantedRoles = ['member', '_member_', 'heat_stack_owner'];

export async function ensureRoles(own: OpenStackClient, project: string, users: readonly string[]): Promise<void> {
  const roles = await readAll(own, { service: 'identity', path: '/roles' }, 'roles', IdRecord);
  for (const { id } of roles.filter(({ name }) => wantedRoles.includes(name)))
    for (const user of users)
      await own.call({
        service: 'identity',
        method: 'PUT',
        path: `/projects/${project}/users/${user}/roles/${id}`,
      });
}

/** A user of ours whose password is another's: its store was lost, and this deployment made or adopted again. */
async function ensurePassword(
  own: OpenStackClient,
  asTenant: OpenStackClient,
  user: string,
  password: string,
): Promise<void> {
  try {
    await asTenant.session();
  } catch (error) {
    if (asRefusal(error)?.data['status'] !== 401) throw error;
    await own.call({ service: 'identity', method: 'PATCH', path: `/users/${user}`, body: { user: { password } } });
  }
}

/**
 * None: nothing but this deployment lives there, and only Quorate puts anything into it. With the services'
 * defaults a cluster of sixteen would not fit (10 instances, 10 members of a server group).
 */
const unlimited = {
  compute: ['instances', 'cores', 'ram', 'server_groups', 'server_group_members'],
  network: ['network', 'subnet', 'router', 'port', 'security_group', 'security_group_rule', 'floatingip'],
  volumev3: ['volumes', 'gigabytes'],
} as const;

export const quotaPaths = (project: string) =>
  ({
    compute: `/os-quota-sets/${project}`,
    network: `/quotas/${project}`,
    volumev3: `/os-quota-sets/${project}`,
  }) as const;

async function ensureQuotas(own: OpenStackClient, project: string): Promise<void> {
  const paths = quotaPaths(project);
  for (const service of ['compute', 'network', 'volumev3'] as const) {
    const limits = Object.fromEntries(unlimited[service].map((kind) => [kind, -1]));
    const body = service === 'network' ? { quota: limits } : { quota_set: limits };
    await own.call({ service, method: 'PUT', path: paths[service], body });
  }
}
