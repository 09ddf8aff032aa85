/**
 * Takes a deployment apart, from whatever state it is in, by name and tag alone: no topology, no memory. The
 * credential first, so that no node fences, and so starts again, another that is going; then servers, because a guest
 * that hangs holds on to its volumes and ports; then the stacks. Ends by looking again.
 */
import {
  deploymentOfMetadata,
  deploymentOfStack,
  groundStackName,
  outsideDescription,
} from '../../artefacts/heat/index.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import { inParallel } from '../parallel.ts';
import { type OpenStackClient, waitUntil } from './client/index.ts';
import type { Stack } from './heat/stack.ts';
import { deleteStack, listAllStacks, listStacks } from './heat/stacks.ts';
import { deploymentOfCredential } from './keystone-names.ts';
import { findCredential, listCredentials, removeCredential, removeUnusedRules } from './node-credential.ts';
import { deleteServers } from './nodes.ts';
import { allServers, allVolumes, floatingIps, portsOf, serversOf, volumesOf } from './records.ts';
import { removeTenant } from './remove-tenant.ts';
import { ensureRoles, findTenantUser } from './tenant.ts';
import { tenants, type Workspace, type Workspaces, workspaceByName } from './workspace.ts';

/** What a killed run had asked for may come into being after we have looked: hence more than once. */
const PASSES = 3;
const WIDTH = 4;
const VOLUME_MS = 180_000;

type Report = (what: string) => void;

/** @throws Refusal CONFLICT when something outside Quorate still uses a part; the part is named */
export async function removeAll(workspaces: Workspaces, deployment: string, report: Report): Promise<void> {
  const workspace = await workspaceByName(workspaces, deployment);
  await enter(workspaces, workspace);
  await removeCredentials(workspaces, workspace, deployment, report);
  let left: readonly string[] = [];
  for (let pass = 1; pass <= PASSES; pass += 1) {
    const failure = await removeOnce(workspace.client, deployment, report).catch(asRefusalOnly);
    left = await remains(workspace.client, deployment);
    if (left.length === 0) break;
    if (pass === PASSES && failure !== undefined) throw failure;
  }
  if (left.length > 0)
    throw new Refusal('CONFLICT', `deployment ${deployment} is not wholly removed: ${left.join(', ')} still there`, {
      retry: 'later',
      next: 'Run the same command again; if it stays, something else uses it.',
      data: { left },
    });
  await removeTenant(workspaces, deployment, workspace, report);
}

function asRefusalOnly(error: unknown): Refusal {
  const refusal = asRefusal(error);
  if (refusal === undefined) throw error;
  return refusal;
}

/** A run that was killed right after it had made the project had no right in it yet. */
async function enter({ own }: Workspaces, { tenant }: Workspace): Promise<void> {
  if (tenant === undefined) return;
  const { userId } = await own.session();
  await ensureRoles(own, tenant.id, [userId]);
}

async function removeCredentials(
  { own }: Workspaces,
  { tenant }: Workspace,
  deployment: string,
  report: Report,
): Promise<void> {
  const owner = tenant === undefined ? (await own.session()).userId : await findTenantUser(own, deployment);
  if (owner === undefined) return;
  const found = await findCredential(own, owner, deployment);
  if (found === undefined) return removeUnusedRules(own, owner);
  report(`credential ${found.name}`);
  await removeCredential(own, owner, found);
}

async function removeOnce(client: OpenStackClient, deployment: string, report: Report): Promise<void> {
  const servers = await serversOf(client, deployment);
  for (const { name } of servers) report(`node ${name}`);
  await deleteServers(client, servers);
  const stacks = await listStacks(client, deployment);
  const isGround = ({ name }: Stack): boolean => name === groundStackName(deployment);
  const removeStack = async (stack: Stack) => {
    report(`stack ${stack.name}`);
    await deleteStack(client, stack);
  };
  await inParallel(
    stacks.filter((stack) => !isGround(stack)),
    WIDTH,
    removeStack,
  );
  for (const ground of stacks.filter(isGround)) await removeStack(ground);
  await removeStrays(client, deployment, report);
}

/** What carries the deployment's tag in no stack: left by a run that was killed, or by a stack that was given up. */
async function removeStrays(client: OpenStackClient, deployment: string, report: Report): Promise<void> {
  for (const { id, name } of await strayPorts(client, deployment)) {
    report(`port ${name}`);
    await remove(client, 'network', `/ports/${id}`);
  }
  for (const { id, floating_ip_address } of await strayAddresses(client, deployment)) {
    report(`outside address ${floating_ip_address}`);
    await remove(client, 'network', `/floatingips/${id}`);
  }
  for (const { id, name } of await volumesOf(client, deployment)) {
    report(`volume ${name ?? id}`);
    await remove(client, 'volumev3', `/volumes/${id}`);
    await waitUntil(
      `the deletion of volume ${name ?? id}`,
      () => volumesOf(client, deployment),
      (volumes) => volumes.every((volume) => volume.id !== id || volume.status === 'error_deleting'),
      { timeoutMs: VOLUME_MS },
    );
  }
}

const strayPorts = portsOf;

const strayAddresses = async (client: OpenStackClient, deployment: string) =>
  (await floatingIps(client)).filter(({ description }) =>
    (description ?? '').startsWith(outsideDescription(deployment, '')),
  );

async function remove(client: OpenStackClient, service: 'network' | 'volumev3', path: string): Promise<void> {
  try {
    await client.call({ service, method: 'DELETE', path });
  } catch (error) {
    if (asRefusal(error)?.code !== 'NOT_FOUND') throw error;
  }
}

async function remains(client: OpenStackClient, deployment: string): Promise<readonly string[]> {
  const [stacks, servers, ports, addresses, volumes] = await Promise.all([
    listStacks(client, deployment),
    serversOf(client, deployment),
    strayPorts(client, deployment),
    strayAddresses(client, deployment),
    volumesOf(client, deployment),
  ]);
  return [
    ...stacks.map(({ name }) => `stack ${name}`),
    ...servers.map(({ name }) => `node ${name}`),
    ...ports.map(({ name }) => `port ${name}`),
    ...addresses.map(({ floating_ip_address }) => `outside address ${floating_ip_address}`),
    ...volumes.map(({ id, name }) => `volume ${name ?? id}`),
  ];
}

/** Names of the deployments that have anything in the person's project, or a tenant of their own. */
export async function deployments(workspaces: Workspaces): Promise<readonly string[]> {
  const { own } = workspaces;
  const { userId, projectId } = await own.session();
  const [inTenants, stacks, servers, volumes, credentials] = await Promise.all([
    tenants(workspaces),
    listAllStacks(own),
    allServers(own),
    allVolumes(own),
    listCredentials(own, userId),
  ]);
  const names = [
    ...inTenants.keys(),
    ...stacks.map(({ name }) => deploymentOfStack(name)),
    ...[...servers, ...volumes].map(({ metadata }) => deploymentOfMetadata(metadata)),
    ...credentials.filter((each) => each.project_id === projectId).map(({ name }) => deploymentOfCredential(name)),
  ];
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}
