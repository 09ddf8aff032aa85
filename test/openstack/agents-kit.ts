/**
 * Servers of zone `fake` that stand for a deployment's nodes, and the agents beside them: the built bundle, run on
 * this machine with the credential that nodes get, each time in the name of one of the servers.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAgents } from '../../src/agents/build.ts';
import {
  createOpenStackClient,
  listAll,
  type OpenStackClient,
  waitUntil,
} from '../../src/clouds/openstack/client/index.ts';
import { DEPLOYMENT_KEY, nodeAccessRules } from '../../src/clouds/openstack/node-rules.ts';
import { ensureBed, makeTestProject } from './bed.ts';

export type Server = {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly 'OS-EXT-STS:task_state': string | null;
  readonly 'OS-EXT-STS:power_state': number;
  readonly 'os-extended-volumes:volumes_attached': readonly { readonly id: string }[];
};

export type Ran = { readonly exitCode: number | null; readonly output: string; readonly seconds: number };

export type AgentServers = {
  /** Of an ordinary user. */
  readonly client: OpenStackClient;
  readonly operator: OpenStackClient;
  /** With the node's credential. */
  readonly asNode: OpenStackClient;
  readonly configFile: string;
  readonly directory: string;
  readonly agents: string;
  readonly boot: (name: string, metadata?: Readonly<Record<string, string>>, more?: object) => Promise<string>;
  /** The id of one that no host is large enough for. */
  readonly impossibleFlavor: () => Promise<string>;
  readonly server: (name: string) => Promise<Server>;
  /** Waits for it. */
  readonly become: (name: string, status: string) => Promise<Server>;
  readonly act: (name: string, action: string, body?: unknown) => Promise<void>;
  readonly remove: () => Promise<void>;
};

export async function prepareAgentServers(name: string): Promise<AgentServers> {
  const admin = await ensureBed();
  const operator = createOpenStackClient(admin);
  const project = await makeTestProject(admin, name);
  const { client } = project;
  const directory = await mkdtemp(join(tmpdir(), 'quorate-nova-'));
  // ocf-tester calls the agent as nobody; the credential in here has a mode of its own.
  await chmod(directory, 0o711);
  const network = await makeNetwork(client, name);
  const asked = await idOf(client, 'image', '/images', 'images');
  const impossible = `${name}-impossible`;
  const tiny = await idOf(client, 'compute', '/flavors', 'flavors', 'tiny');
  const all = async () =>
    (await listAll(client, { service: 'compute', path: '/servers/detail' }, 'servers')) as Server[];
  const server = async (wanted: string) => {
    const found = (await all()).find((candidate) => candidate.name === wanted);
    if (found === undefined) throw new Error(`no server ${wanted}`);
    return found;
  };
  const become = (wanted: string, status: string) =>
    waitUntil(
      `${wanted} becomes ${status}`,
      () => server(wanted),
      (seen) => seen.status === status && seen['OS-EXT-STS:task_state'] === null,
      { timeoutMs: 60_000, pauseMs: 300 },
    );
  const { credentials, configFile } = await nodeCredential(project, name, directory);
  return {
    client,
    operator,
    asNode: createOpenStackClient(credentials),
    configFile,
    directory,
    agents: await buildAgents(join(directory, 'agents')),
    boot: async (node, metadata = {}, more = {}) => {
      const body = {
        server: {
          name: node,
          imageRef: asked,
          flavorRef: tiny,
          networks: [{ uuid: network }],
          availability_zone: 'fake',
          metadata: { [DEPLOYMENT_KEY]: name, ...metadata },
          ...more,
        },
      };
      const made = await client.call({ service: 'compute', method: 'POST', path: '/servers', body });
      return (made.body as { readonly server: { readonly id: string } }).server.id;
    },
    impossibleFlavor: async () => {
      const flavor = { id: impossible, name: impossible, vcpus: 4000, ram: 64, disk: 1 };
      await operator.call({ service: 'compute', method: 'POST', path: '/flavors', body: { flavor } });
      // It is to fail for want of a host, not of a quota.
      const quota = { quota_set: { cores: 2 * flavor.vcpus } };
      await operator.call({ service: 'compute', method: 'PUT', path: `/os-quota-sets/${project.id}`, body: quota });
      return impossible;
    },
    server,
    become,
    act: async (node, action, body = null) => {
      const { id } = await server(node);
      await client.call({
        service: 'compute',
        method: 'POST',
        path: `/servers/${id}/action`,
        body: { [action]: body },
      });
    },
    remove: async () => {
      for (const { id } of await all())
        await client.call({ service: 'compute', method: 'DELETE', path: `/servers/${id}` });
      await waitUntil('the servers are gone', all, ({ length }) => length === 0, { timeoutMs: 60_000 });
      const volumes = (await listAll(client, { service: 'volumev3', path: '/volumes' }, 'volumes')) as { id: string }[];
      for (const { id } of volumes)
        await client.call({ service: 'volumev3', method: 'DELETE', path: `/volumes/${id}` });
      await waitUntil(
        'the volumes are gone',
        () => listAll(client, { service: 'volumev3', path: '/volumes' }, 'volumes'),
        ({ length }) => length === 0,
        { timeoutMs: 60_000 },
      );
      await client.call({ service: 'network', method: 'DELETE', path: `/networks/${network}` });
      const flavors = (await listAll(operator, { service: 'compute', path: '/flavors' }, 'flavors')) as {
        id: string;
      }[];
      if (flavors.some(({ id }) => id === impossible))
        await operator.call({ service: 'compute', method: 'DELETE', path: `/flavors/${impossible}` });
      await project.remove();
      await rm(directory, { recursive: true });
    },
  };
}

/** An application credential of the project's user with the nodes' access rules, and the node's file for it. */
async function nodeCredential(project: Awaited<ReturnType<typeof makeTestProject>>, name: string, directory: string) {
  const { userId } = await project.client.session();
  const secret = crypto.randomUUID();
  const made = await project.client.call({
    service: 'identity',
    method: 'POST',
    path: `/users/${userId}/application_credentials`,
    body: {
      application_credential: { name: `${name}-${secret.slice(0, 8)}`, secret, access_rules: nodeAccessRules() },
    },
  });
  const { id } = (made.body as { readonly application_credential: { readonly id: string } }).application_credential;
  const { authUrl, region, caCertificate } = project.credentials;
  const configFile = join(directory, 'cloud.json');
  const access = {
    kind: 'openstack',
    authUrl,
    region,
    interface: 'public',
    applicationCredentialId: id,
    applicationCredentialSecret: secret,
    caCertificate,
    deployment: name,
  };
  await writeFile(configFile, JSON.stringify(access), { mode: 0o600 });
  const auth = { method: 'application-credential', credential: { id }, secret } as const;
  return { configFile, credentials: { ...project.credentials, auth } };
}

async function makeNetwork(client: OpenStackClient, name: string): Promise<string> {
  const network = await client.call({
    service: 'network',
    method: 'POST',
    path: '/networks',
    body: { network: { name } },
  });
  const { id } = (network.body as { readonly network: { readonly id: string } }).network;
  const subnet = { network_id: id, ip_version: 4, cidr: '10.99.0.0/24', enable_dhcp: false, gateway_ip: null };
  await client.call({ service: 'network', method: 'POST', path: '/subnets', body: { subnet } });
  return id;
}

async function idOf(
  client: OpenStackClient,
  service: 'image' | 'compute',
  path: string,
  key: string,
  name?: string,
): Promise<string> {
  const found = (await listAll(client, { service, path }, key)) as { readonly id: string; readonly name: string }[];
  const one = found.find((candidate) => name === undefined || candidate.name === name);
  if (one === undefined) throw new Error(`the bed has no ${key} ${name ?? ''}`);
  return one.id;
}

/** A program in a host-name namespace of its own, where this machine is called as the node is. */
export function runAs(
  node: string,
  argv: readonly string[],
  options: {
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** Ends it as a power cut would. */
    readonly signal?: AbortSignal;
  } = {},
): Promise<Ran> {
  const began = performance.now();
  const script = 'hostname "$0" && exec "$@"';
  const child = spawn('unshare', ['--uts', 'sh', '-c', script, node, ...argv], {
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(options.stdin ?? '');
  options.signal?.addEventListener('abort', () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output, seconds: (performance.now() - began) / 1000 }));
  });
}
