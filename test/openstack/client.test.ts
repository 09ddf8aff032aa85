/** The client against real services: sign-in in every way, real refusals, pages, what a user may not do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createOpenStackClient,
  listAll,
  type OpenStackAuth,
  type OpenStackClient,
  type OpenStackCredentials,
} from '../../src/clouds/openstack/client/index.ts';
import { asRefusal, type Refusal } from '../../src/kernel/refusal.ts';
import { ensureBed, makeTestProject, type TestProject } from './bed.ts';

let admin: OpenStackCredentials;
let project: TestProject;
beforeAll(async () => {
  admin = await ensureBed();
  project = await makeTestProject(admin, 'osclient-client');
});
afterAll(() => project?.remove());

const signedIn = (auth: OpenStackAuth): OpenStackClient => createOpenStackClient({ ...project.credentials, auth });
const refused = async (work: Promise<unknown>): Promise<Refusal> => {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => asRefusal(error),
  );
  if (refusal === undefined) throw new Error('it was not refused');
  return refusal;
};

describe('signing in', () => {
  it('gives the project, the roles and when it ends', async () => {
    const session = await project.client.session();
    expect(session).toMatchObject({
      projectId: project.id,
      projectName: 'osclient-client',
      userName: 'osclient-client',
    });
    expect(session.roles).toContain('member');
    expect(session.roles).not.toContain('admin');
    expect(session.expiresAt).toBeGreaterThan(Date.now());
  });

  it('with a wrong password is refused for good', async () => {
    const { auth } = project.credentials;
    if (auth.method !== 'password') throw new Error('test projects have passwords');
    const refusal = await refused(signedIn({ ...auth, password: 'not the password' }).session());
    expect(refusal).toMatchObject({ code: 'CLOUD_REFUSED', retry: 'never', data: { status: 401 } });
    expect(refusal.data['requestId']).toMatch(/^req-/);
  });

  it('works with an application credential by id and by name, which its access rules bind', async () => {
    const { userId } = await project.client.session();
    const secret = crypto.randomUUID();
    const application_credential = {
      name: 'osclient',
      secret,
      access_rules: [{ service: 'compute', method: 'GET', path: '/v2.1/servers/*' }],
    };
    const path = `/users/${userId}/application_credentials`;
    const made = await project.client.call({
      service: 'identity',
      method: 'POST',
      path,
      body: { application_credential },
    });
    const { id } = (made.body as { readonly application_credential: { readonly id: string } }).application_credential;
    for (const credential of [{ id }, { name: 'osclient', user: { id: userId } }]) {
      const bound = signedIn({ method: 'application-credential', credential, secret });
      expect((await bound.session()).projectId).toBe(project.id);
      const nobody = '00000000-0000-0000-0000-000000000000';
      expect(
        await refused(bound.call({ service: 'compute', method: 'GET', path: `/servers/${nobody}` })),
      ).toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await refused(bound.call({ service: 'network', method: 'GET', path: '/ports' }))).toMatchObject({
        code: 'CLOUD_REFUSED',
        retry: 'never',
      });
    }
  });

  it('works with a token that somebody else got', async () => {
    const { token } = await project.client.session();
    expect((await signedIn({ method: 'token', token, project: { id: project.id } }).session()).projectId).toBe(
      project.id,
    );
  });

  it('works right after the password was changed, in the second whose tokens Keystone revokes', async () => {
    const { userId } = await project.client.session();
    const operator = createOpenStackClient(admin);
    const password = crypto.randomUUID();
    await operator.call({
      service: 'identity',
      method: 'PATCH',
      path: `/users/${userId}`,
      body: { user: { password } },
    });
    const { auth } = project.credentials;
    if (auth.method !== 'password') throw new Error('test projects have passwords');
    const fresh = signedIn({ ...auth, password });
    expect((await fresh.call({ service: 'volumev3', method: 'GET', path: '/volumes' })).status).toBe(200);
    project = { ...project, credentials: { ...project.credentials, auth: { ...auth, password } }, client: fresh };
  });

  it('is done again when the token was revoked', async () => {
    const { token } = await project.client.session();
    await project.client.call({
      service: 'identity',
      method: 'DELETE',
      path: '/auth/tokens',
      headers: { 'x-subject-token': token },
    });
    await project.client.call({ service: 'identity', method: 'GET', path: '/auth/projects' });
    expect((await project.client.session()).token).not.toBe(token);
  });
});

describe('every service', () => {
  it.each([
    ['compute', '/servers', 'servers'],
    ['network', '/networks', 'networks'],
    ['volumev3', '/volumes', 'volumes'],
    ['image', '/images', 'images'],
    ['orchestration', '/stacks', 'stacks'],
    ['identity', '/auth/projects', 'projects'],
  ] as const)('%s answers below its root', async (service, path, key) => {
    const { body } = await project.client.call({ service, method: 'GET', path });
    expect((body as Record<string, unknown>)[key]).toBeInstanceOf(Array);
  });

  it.each([
    ['compute', '/servers/00000000-0000-0000-0000-000000000000'],
    ['network', '/ports/00000000-0000-0000-0000-000000000000'],
    ['volumev3', '/volumes/00000000-0000-0000-0000-000000000000'],
    ['image', '/images/00000000-0000-0000-0000-000000000000'],
    ['orchestration', '/stacks/not-there'],
    ['identity', '/users/not-there'],
  ] as const)('%s says no with its words and a request id', async (service, path) => {
    const refusal = await refused(project.client.call({ service, method: 'GET', path }));
    // Keystone hides from a member whether a user exists.
    expect(['NOT_FOUND', 'CLOUD_REFUSED']).toContain(refusal.code);
    expect(refusal.data['words']).toMatch(/\w+ \w+/);
    expect(refusal.data['requestId']).toMatch(/^req-/);
  });

  it('answers in the microversion that was asked for', async () => {
    const call = { service: 'compute', method: 'GET', path: '/servers/detail', microversion: '2.79' } as const;
    expect((await project.client.call(call)).headers['openstack-api-version']).toBe('compute 2.79');
  });
});

describe('a full quota', () => {
  const quota = (cloud: OpenStackClient, service: 'network' | 'compute' | 'volumev3', path: string, values: object) =>
    cloud.call({ service, method: 'PUT', path, body: { [service === 'network' ? 'quota' : 'quota_set']: values } });

  it('is told apart by each service', async () => {
    const operator = createOpenStackClient(admin);
    await quota(operator, 'network', `/quotas/${project.id}`, { network: 0 });
    await quota(operator, 'volumev3', `/os-quota-sets/${project.id}`, { volumes: 0 });
    await quota(operator, 'compute', `/os-quota-sets/${project.id}`, { server_groups: 0 });
    const full = await Promise.all([
      refused(project.client.call({ service: 'network', method: 'POST', path: '/networks', body: { network: {} } })),
      refused(
        project.client.call({ service: 'volumev3', method: 'POST', path: '/volumes', body: { volume: { size: 1 } } }),
      ),
      refused(
        project.client.call({
          service: 'compute',
          method: 'POST',
          path: '/os-server-groups',
          body: { server_group: { name: 'one', policies: ['affinity'] } },
        }),
      ),
    ]);
    expect(full.map(({ code }) => code)).toEqual(['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED', 'QUOTA_EXCEEDED']);
    const forbidden = { service: 'compute', method: 'GET', path: '/os-hypervisors' } as const;
    expect(await refused(project.client.call(forbidden))).toMatchObject({
      code: 'CLOUD_REFUSED',
      data: { status: 403 },
    });
  });
});

describe('a collection', () => {
  it('is read over many pages', async () => {
    const names = ['osclient-a', 'osclient-b', 'osclient-c'];
    for (const name of names)
      await project.client.call({
        service: 'network',
        method: 'POST',
        path: '/security-groups',
        body: { security_group: { name } },
      });
    const call = {
      service: 'network',
      path: '/security-groups',
      query: { limit: '1', sort_key: 'id', sort_dir: 'asc' },
    } as const;
    const groups = (await listAll(project.client, call, 'security_groups')) as readonly { id: string; name: string }[];
    for (const { id, name } of groups)
      if (names.includes(name))
        await project.client.call({ service: 'network', method: 'DELETE', path: `/security-groups/${id}` });
    expect(groups.map(({ name }) => name).toSorted()).toEqual(['default', ...names]);
    const flavors = await listAll(
      project.client,
      { service: 'compute', path: '/flavors', query: { limit: '1' } },
      'flavors',
    );
    expect(flavors.length).toBeGreaterThan(1);
  });
});
