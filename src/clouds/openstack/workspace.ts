/**
 * Where a deployment lives: in the project of the person's credential, or in a tenant of its own, which the same
 * person (an administrator then) enters under their own name. Found by the project's tag, without any memory.
 */
import { z } from 'zod';
import { deploymentOfTag, deploymentTag } from '../../artefacts/heat/index.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import { createOpenStackClient, type OpenStackClient, type OpenStackCredentials } from './client/index.ts';
import { readAll } from './read.ts';

export const ProjectRecord = z.object({
  id: z.string(),
  name: z.string(),
  domain_id: z.string().nullish(),
  tags: z.array(z.string()).default([]),
});
export type ProjectRecord = z.output<typeof ProjectRecord>;

export type Workspaces = {
  /** The person's own: their project, and Keystone as far as their rights go. */
  readonly own: OpenStackClient;
  readonly credentials: OpenStackCredentials;
  /** The same person in another project. @throws Refusal NOT_SUPPORTED for credentials that are bound to one */
  readonly inProject: (projectId: string) => OpenStackClient;
};

export function createWorkspaces(credentials: OpenStackCredentials): Workspaces {
  const clients = new Map<string, OpenStackClient>();
  return {
    own: createOpenStackClient(credentials),
    credentials,
    inProject: (projectId) => {
      const known = clients.get(projectId);
      if (known !== undefined) return known;
      const client = createOpenStackClient(scopedTo(credentials, projectId));
      clients.set(projectId, client);
      return client;
    },
  };
}

function scopedTo(credentials: OpenStackCredentials, id: string): OpenStackCredentials {
  const { auth } = credentials;
  if (auth.method !== 'application-credential') return { ...credentials, auth: { ...auth, project: { id } } };
  throw new Refusal('NOT_SUPPORTED', 'an application credential is bound to its project and can make no tenant', {
    retry: 'never',
    next: 'Use user and password for this cloud, or leave out `tenant`.',
  });
}

/** Projects that were made for deployments, by deployment. Empty for those who may not list projects: theirs are none. */
export async function tenants({ own }: Workspaces): Promise<ReadonlyMap<string, ProjectRecord>> {
  const projects = await readAll(own, { service: 'identity', path: '/projects' }, 'projects', ProjectRecord).catch(
    noneIfForbidden,
  );
  return new Map(
    projects.flatMap((project) => {
      const deployment = project.tags.map(deploymentOfTag).find((name) => name !== undefined);
      return deployment === undefined ? [] : [[deployment, project] as const];
    }),
  );
}

export async function tenantOf({ own }: Workspaces, deployment: string): Promise<ProjectRecord | undefined> {
  const query = { tags: deploymentTag(deployment) };
  const call = { service: 'identity', path: '/projects', query } as const;
  const [found] = await readAll(own, call, 'projects', ProjectRecord).catch(noneIfForbidden);
  return found;
}

export function noneIfForbidden(error: unknown): readonly never[] {
  if (asRefusal(error)?.data['status'] === 403) return [];
  throw error;
}

export type Workspace = { readonly client: OpenStackClient; readonly tenant: ProjectRecord | undefined };

/** undefined when the deployment is to have a tenant that is not there. */
export async function workspaceOf(
  workspaces: Workspaces,
  { deployment, tenant }: { readonly deployment: string; readonly tenant: string | undefined },
): Promise<Workspace | undefined> {
  if (tenant === undefined) return { client: workspaces.own, tenant: undefined };
  const found = await tenantOf(workspaces, deployment);
  return found === undefined ? undefined : { client: workspaces.inProject(found.id), tenant: found };
}

/** For who knows only the name: its tenant where it has one, else the person's own project. */
export async function workspaceByName(workspaces: Workspaces, deployment: string): Promise<Workspace> {
  const tenant = await tenantOf(workspaces, deployment);
  return { client: tenant === undefined ? workspaces.own : workspaces.inProject(tenant.id), tenant };
}
