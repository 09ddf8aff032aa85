/**
 * Everything that a project holds, by kind and name: what is there before a deployment must be there after it, and
 * nothing else. Asked as the operator, so that it also finds what is left of a project that is gone.
 */
import { listAll, type OpenStackClient } from '../../src/clouds/openstack/client/index.ts';

type Listing = Parameters<typeof listAll>[1];
type Thing = { readonly id: string; readonly name?: string; readonly project_id?: string; readonly tenant_id?: string };

const everywhere = { all_tenants: '1' };
const listings: readonly (readonly [key: string, call: Listing])[] = [
  ['servers', { service: 'compute', path: '/servers/detail', query: everywhere }],
  [
    'server_groups',
    { service: 'compute', path: '/os-server-groups', query: { all_projects: 'true' }, microversion: '2.13' },
  ],
  ['networks', { service: 'network', path: '/networks' }],
  ['subnets', { service: 'network', path: '/subnets' }],
  ['ports', { service: 'network', path: '/ports' }],
  ['routers', { service: 'network', path: '/routers' }],
  ['security_groups', { service: 'network', path: '/security-groups' }],
  ['floatingips', { service: 'network', path: '/floatingips' }],
  ['volumes', { service: 'volumev3', path: '/volumes/detail', query: everywhere }],
  ['trusts', { service: 'identity', path: '/OS-TRUST/trusts' }],
];

/** `kind name`, sorted; the default security group, which every project gets by being looked at, is left out. */
export async function inventoryOf(operator: OpenStackClient, project: string): Promise<readonly string[]> {
  const found = await Promise.all(
    listings.map(async ([key, call]) => {
      const things = (await listAll(operator, call, key)) as readonly Thing[];
      return things.filter((thing) => ownerOf(thing) === project).map(({ id, name }) => `${key} ${name || id}`);
    }),
  );
  return found
    .flat()
    .filter((line) => line !== 'security_groups default')
    .toSorted();
}

/** Heat tells nobody but the project's own users. */
export async function stacksOf(client: OpenStackClient): Promise<readonly string[]> {
  const stacks = (await listAll(client, { service: 'orchestration', path: '/stacks' }, 'stacks')) as {
    stack_name: string;
  }[];
  return stacks.map(({ stack_name }) => `stacks ${stack_name}`).toSorted();
}

/** Cinder has a word of its own. */
function ownerOf(thing: Thing): string | undefined {
  const other = thing as unknown as Readonly<Record<string, unknown>>;
  return (thing.project_id ?? thing.tenant_id ?? other['os-vol-tenant-attr:tenant_id']) as string | undefined;
}

/** Projects and users by a word of their names. */
export async function keystoneOf(operator: OpenStackClient, word: string): Promise<readonly string[]> {
  const found = await Promise.all(
    (['projects', 'users'] as const).map(async (key) => {
      const things = (await listAll(operator, { service: 'identity', path: `/${key}` }, key)) as readonly Thing[];
      return things.filter(({ name }) => name?.includes(word)).map(({ name }) => `${key} ${name}`);
    }),
  );
  return found.flat().toSorted();
}

/** Of the client's own user, whose rules nobody else may list. */
async function credentialsOf(client: OpenStackClient): Promise<readonly string[]> {
  const { userId } = await client.session();
  const kinds = ['application_credentials', 'access_rules'] as const;
  const found = await Promise.all(
    kinds.map(async (key) => {
      const things = (await listAll(client, { service: 'identity', path: `/users/${userId}/${key}` }, key)) as Thing[];
      return things.map(({ id, name }) => `${key} ${name ?? id}`);
    }),
  );
  return found.flat().toSorted();
}

/** Stacks, everything else, and credentials. @param project whose user `client` is */
export const everythingOf = async (
  operator: OpenStackClient,
  project: { readonly id: string; readonly client: OpenStackClient },
): Promise<readonly string[]> => [
  ...(await stacksOf(project.client)),
  ...(await inventoryOf(operator, project.id)),
  ...(await credentialsOf(project.client)),
];
