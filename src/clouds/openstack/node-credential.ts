/**
 * The nodes' application credential: it can do what `nodeAccessRules` say, in the deployment's project only, and its
 * secret is ours, so a repeated creation gives the same one. Keystone lets nobody make one for somebody else: it
 * belongs to the tenant's user, or without a tenant to the person.
 * Source: Identity API v3, "Application Credentials".
 */
import { z } from 'zod';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import { endpointOf } from './client/catalog.ts';
import { createOpenStackClient, type OpenStackClient, type OpenStackCredentials } from './client/index.ts';
import type { Session } from './client/session.ts';
import { nodeCredentialName } from './keystone-names.ts';
import { isNodeAccessRule, nodeAccessRules } from './node-rules.ts';
import { readAll } from './read.ts';

const CredentialRecord = z.object({
  id: z.string(),
  name: z.string(),
  project_id: z.string(),
});
export type CredentialRecord = z.output<typeof CredentialRecord>;
const AccessRuleRecord = z.object({ id: z.string(), service: z.string(), method: z.string(), path: z.string() });

const credentialsPath = (userId: string): string => `/users/${userId}/application_credentials`;

export const listCredentials = (client: OpenStackClient, userId: string): Promise<readonly CredentialRecord[]> =>
  readAll(client, { service: 'identity', path: credentialsPath(userId) }, 'application_credentials', CredentialRecord);

export async function findCredential(
  client: OpenStackClient,
  userId: string,
  deployment: string,
): Promise<CredentialRecord | undefined> {
  const name = nodeCredentialName(deployment);
  return (await listCredentials(client, userId)).find((credential) => credential.name === name);
}

/** `owner` is whose it becomes. @throws Refusal NOT_SUPPORTED when the owner may make none */
export async function ensureCredential(
  owner: OpenStackClient,
  credentials: OpenStackCredentials,
  deployment: string,
  secret: string,
): Promise<void> {
  const { userId, projectId } = await owner.session();
  const found = await findCredential(owner, userId, deployment);
  if (found !== undefined && found.project_id === projectId && (await opens(credentials, found.id, secret))) return;
  if (found !== undefined) await removeCredential(owner, userId, found);
  await createCredential(owner, credentials, deployment, secret);
}

/** A secret cannot be read back: only a sign-in tells whether it is this one. */
async function opens(credentials: OpenStackCredentials, id: string, secret: string): Promise<boolean> {
  const auth = { method: 'application-credential', credential: { id }, secret } as const;
  try {
    await createOpenStackClient({ ...credentials, auth }).session();
    return true;
  } catch (error) {
    if (asRefusal(error)?.data['status'] === 401) return false;
    throw error;
  }
}

async function createCredential(
  owner: OpenStackClient,
  credentials: OpenStackCredentials,
  deployment: string,
  secret: string,
): Promise<void> {
  const { userId, roles, catalog } = await owner.session();
  // Without a choice it would get all roles of its owner, who may be an administrator.
  const role = ['member', '_member_'].find((name) => roles.includes(name));
  const application_credential = {
    name: nodeCredentialName(deployment),
    description: `What the nodes of Quorate deployment ${deployment} fence and attach volumes with`,
    secret,
    access_rules: nodeAccessRules(computePath(catalog, credentials)),
    ...(role === undefined ? {} : { roles: [{ name: role }] }),
  };
  const call = { service: 'identity', method: 'POST', path: credentialsPath(userId) } as const;
  await owner.call({ ...call, body: { application_credential } }).catch((error: unknown) => {
    const refusal = asRefusal(error);
    // Another run was faster; whose secret it has, the next look tells.
    if (refusal?.code === 'CONFLICT') return undefined;
    if (refusal?.data['status'] !== 403) throw error;
    throw new Refusal('NOT_SUPPORTED', 'an application credential may not make the one that the nodes need', {
      retry: 'never',
      next: 'Use user and password for this cloud, or an unrestricted application credential.',
      cause: error,
    });
  });
}

/** What stands before `/v2.1` in Nova's address, which access rules match as a whole: often nothing, or `/compute`. */
function computePath(catalog: Session['catalog'], credentials: OpenStackCredentials): string {
  const root = endpointOf(catalog, 'compute', { ...credentials, projectId: '' });
  return new URL(root).pathname.replace(/\/v2\.1$/, '');
}

export async function removeCredential(
  client: OpenStackClient,
  userId: string,
  { id }: CredentialRecord,
): Promise<void> {
  await gone(client, `${credentialsPath(userId)}/${id}`);
  await removeUnusedRules(client, userId);
}

/**
 * Keystone keeps access rules per user, as things of their own that outlive their credential: those of a removal that
 * was killed can be told by what they allow alone. One that another deployment's credential uses is refused, and stays.
 * Those of a tenant's user, which nobody else may list, go with the user.
 */
export async function removeUnusedRules(client: OpenStackClient, userId: string): Promise<void> {
  if ((await client.session()).userId !== userId) return;
  const path = `/users/${userId}/access_rules`;
  const rules = await readAll(client, { service: 'identity', path }, 'access_rules', AccessRuleRecord);
  for (const rule of rules.filter(isNodeAccessRule)) await gone(client, `${path}/${rule.id}`, 403);
}

/** `tolerated`: the status of a thing that something else still uses. */
async function gone(client: OpenStackClient, path: string, tolerated?: number): Promise<void> {
  try {
    await client.call({ service: 'identity', method: 'DELETE', path });
  } catch (error) {
    const status = asRefusal(error)?.data['status'];
    if (status !== 404 && status !== tolerated) throw error;
  }
}
