/**
 * The tenant goes last and only when it is empty: what somebody else put into it would be left without an owner.
 * Neutron's default security group and the quotas are the project's own, and no service removes them with it.
 */
import { z } from 'zod';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { OpenStackCall, OpenStackClient } from './client/index.ts';
import { readAll } from './read.ts';
import { allServers, allVolumes } from './records.ts';
import { findTenantUser, quotaPaths } from './tenant.ts';
import type { Workspace, Workspaces } from './workspace.ts';

const NamedRecord = z.object({ id: z.string(), name: z.string() });

/** Also the user of a tenant whose project is gone already. @throws Refusal CONFLICT when it is not empty */
export async function removeTenant(
  { own }: Workspaces,
  deployment: string,
  { client, tenant }: Workspace,
  report: (what: string) => void,
): Promise<void> {
  if (tenant !== undefined) {
    const foreign = await contents(client, tenant.id);
    if (foreign.length > 0)
      throw new Refusal('CONFLICT', `tenant ${tenant.name} holds what is not Quorate's: ${foreign.join(', ')}`, {
        retry: 'never',
        next: 'Remove it or move it, then run the same command again.',
        data: { tenant: tenant.name, foreign },
      });
  }
  const user = await findTenantUser(own, deployment).catch(undefinedIfForbidden);
  if (user !== undefined) {
    report(`user of the tenant`);
    await remove(own, 'identity', `/users/${user}`);
  }
  if (tenant === undefined) return;
  await removeDefaultGroup(own, tenant.id);
  for (const [service, path] of Object.entries(quotaPaths(tenant.id))) await remove(own, service as 'compute', path);
  report(`tenant ${tenant.name}`);
  await remove(own, 'identity', `/projects/${tenant.id}`);
}

async function contents(client: OpenStackClient, project: string): Promise<readonly string[]> {
  const query = { project_id: project };
  const [servers, volumes, networks] = await Promise.all([
    allServers(client),
    allVolumes(client),
    readAll(client, { service: 'network', path: '/networks', query }, 'networks', NamedRecord),
  ]);
  return [
    ...servers.map(({ name }) => `server ${name}`),
    ...volumes.map(({ id, name }) => `volume ${name ?? id}`),
    ...networks.map(({ name }) => `network ${name}`),
  ];
}

async function removeDefaultGroup(own: OpenStackClient, project: string): Promise<void> {
  const query = { project_id: project };
  const groups = await readAll(
    own,
    { service: 'network', path: '/security-groups', query },
    'security_groups',
    NamedRecord,
  );
  for (const { id } of groups) await remove(own, 'network', `/security-groups/${id}`);
}

async function remove(own: OpenStackClient, service: OpenStackCall['service'], path: string): Promise<void> {
  try {
    await own.call({ service, method: 'DELETE', path });
  } catch (error) {
    if (asRefusal(error)?.code !== 'NOT_FOUND') throw error;
  }
}

/** Who may not list users has made none. */
function undefinedIfForbidden(error: unknown): undefined {
  if (asRefusal(error)?.data['status'] === 403) return undefined;
  throw error;
}
