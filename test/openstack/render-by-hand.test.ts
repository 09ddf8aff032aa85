/** What `quorate render` writes, made real by the openstack command alone, as docs/openstack.md says. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cloud } from '../../src/clouds/cloud.ts';
import { createOpenStackClient, type OpenStackClient } from '../../src/clouds/openstack/client/index.ts';
import { createOpenStackCloud } from '../../src/clouds/openstack/openstack-cloud.ts';
import type { Context } from '../../src/commands/context.ts';
import { render } from '../../src/commands/render.ts';
import { everythingOf } from './audit.ts';
import { ensureBed, makeTestProject, type TestProject } from './bed.ts';
import { clusterOf, fakeZone, removed, secretsFor, topologyFor } from './deployment.ts';

const name = 'osheat-hand';
const spec = `${clusterOf(2)}\nstorage: [{ name: data, sizeGiB: 1, mount: /srv/data, attach: shared }]`;
const text = `apiVersion: quorate/v1\nname: ${name}\ncloud: bed\nimage: tiny\n${spec}\n`;
const topology = topologyFor(name, spec);
const folder = mkdtempSync(join(tmpdir(), 'quorate-by-hand-'));
let operator: OpenStackClient;
let project: TestProject;
let cloud: Cloud;
let before: readonly string[];
beforeAll(async () => {
  const admin = await ensureBed();
  operator = createOpenStackClient(admin);
  project = await makeTestProject(admin, name);
  cloud = createOpenStackCloud({ credentials: project.credentials, settings: fakeZone });
  await removed(cloud, name);
  before = await inventory();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await project?.remove();
});

const inventory = () => everythingOf(operator, project);

async function openstack(...argv: readonly string[]): Promise<string> {
  const { authUrl, auth, region } = project.credentials;
  const { userName, projectName } = await project.client.session();
  const env = {
    OS_AUTH_URL: authUrl,
    OS_USERNAME: userName,
    OS_PASSWORD: auth.method === 'password' ? auth.password : '',
    OS_PROJECT_NAME: projectName,
    OS_USER_DOMAIN_ID: 'default',
    OS_PROJECT_DOMAIN_ID: 'default',
    OS_IDENTITY_API_VERSION: '3',
    OS_REGION_NAME: region ?? 'RegionOne',
  };
  const path = process.env['PATH'] ?? '';
  return (await execa('openstack', argv, { cwd: join(folder, 'heat'), env: { PATH: path, ...env }, extendEnv: false }))
    .stdout;
}

it('is a deployment that Quorate sees as its own, and can remove', async () => {
  const secrets = await secretsFor(topology);
  const context = {
    findEngine: async () => undefined,
    secretsOf: async () => ({ secrets, access: await cloud.nodeAccess(topology, secrets) }),
  } satisfies Pick<Context, 'findEngine' | 'secretsOf'> as unknown as Context;
  const { files } = await render(context, { text, withSecrets: true });
  for (const file of files) {
    mkdirSync(dirname(join(folder, file.path)), { recursive: true });
    writeFileSync(join(folder, file.path), file.text, { mode: 0o600 });
  }
  const secret = readFileSync(join(folder, 'heat/credential-secret'), 'utf8');
  const rules = ['--access-rules', 'access-rules.json'];
  await openstack(
    'application',
    'credential',
    'create',
    '--secret',
    secret,
    '--role',
    'member',
    ...rules,
    `quorate-${name}-nodes`,
  );
  const ground = `quorate-${name}.ground`;
  const tag = ['--tags', `quorate:deployment=${name}`];
  const chosen = ['external_network=public', 'access_from=192.0.2.0/24', 'shared_volume_type=multiattach'];
  const parameters = chosen.flatMap((one) => ['--parameter', one]);
  await openstack('stack', 'create', '--wait', ...tag, '-t', `${ground}.yaml`, ...parameters, ground);
  const ids = await openstack('stack', 'output', 'show', ground, 'environment', '-f', 'value', '-c', 'output_value');
  writeFileSync(join(folder, 'heat/ids.json'), ids);
  const app = `quorate-${name}.app`;
  const zone = ['--parameter', 'availability_zone=fake'];
  await openstack(
    'stack',
    'create',
    '--wait',
    ...tag,
    '-t',
    `${app}.yaml`,
    '-e',
    'ids.json',
    '-e',
    `${app}.env.yaml`,
    ...zone,
    app,
  );
  expect(await cloud.observe(topology)).toMatchObject({
    tenant: 'present',
    credential: 'present',
    networks: { cluster: 'present', services: 'present' },
    volumes: { data: 'present' },
    nodes: { 'app-1': { state: 'running' }, 'app-2': { state: 'running' } },
    outside: { web: { ports: [80] }, entry: { ports: [22] } },
  });
  // Nova shows user data to nobody but administrators.
  const query = { all_tenants: '1', project_id: project.id };
  const call = { service: 'compute', method: 'GET', path: '/servers/detail', query, microversion: '2.3' } as const;
  const { body } = await operator.call(call);
  const { servers } = body as { servers: { name: string; 'OS-EXT-SRV-ATTR:user_data': string }[] };
  expect(servers).toHaveLength(2);
  for (const server of servers) {
    const given = Buffer.from(server['OS-EXT-SRV-ATTR:user_data'] ?? '', 'base64').toString();
    expect(given).toBe(files.find(({ path }) => path === `nodes/${server.name}/user-data`)?.text);
  }
  // Nothing of it differs from what Quorate itself would make.
  const made = await inventory();
  await cloud.ensureTenant(topology, secrets);
  await cloud.ensureGround(topology);
  expect(await inventory()).toEqual(made);
  await removed(cloud, name);
  expect(await inventory()).toEqual(before);
});
