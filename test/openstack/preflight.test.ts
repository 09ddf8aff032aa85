/** Preflight against a real project: every shortage at once, with its numbers; nothing when all is well. */
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createOpenStackClient,
  type OpenStackCall,
  type OpenStackClient,
  type OpenStackCredentials,
} from '../../src/clouds/openstack/client/index.ts';
import { preflight } from '../../src/clouds/openstack/preflight/index.ts';
import type { OpenStackSettings } from '../../src/clouds/openstack/settings.ts';
import { type Diagnostic, renderPath } from '../../src/kernel/diagnostic.ts';
import { asRefusal, Refusal } from '../../src/kernel/refusal.ts';
import { parseSpec } from '../../src/spec/index.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { emptyRoster, type Topology } from '../../src/topology/topology.ts';
import { ensureBed, makeTestProject, type TestProject } from './bed.ts';

let admin: OpenStackCredentials;
let operator: OpenStackClient;
let project: TestProject;
beforeAll(async () => {
  admin = await ensureBed();
  operator = createOpenStackClient(admin);
  project = await makeTestProject(admin, 'osclient-preflight');
});
afterAll(() => project?.remove());

function topology(rest: string, name = 'osclient-shop'): Topology {
  const { spec, diagnostics } = parseSpec(`apiVersion: quorate/v1\nname: ${name}\ncloud: bed\n${rest}`);
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return deriveTopology(spec, emptyRoster).topology;
}
const basic = `
image: tiny
cluster: {nodes: 3, flavor: small}
vips: [{name: web, ports: [80]}]
storage: [{name: data, sizeGiB: 10, mount: /srv/data}]
`;
const lines = (found: readonly Diagnostic[]) =>
  found.map(({ code, path, message }) => `${code} ${renderPath(path)}: ${message}`);
const findings = async (wanted: Topology, settings: OpenStackSettings = {}, client = project.client) =>
  lines(await preflight(client, wanted, settings));

type Quotas = { readonly compute?: object; readonly network?: object; readonly volumev3?: object };
const quotaSets = {
  compute: ['/os-quota-sets', 'quota_set'],
  network: ['/quotas', 'quota'],
  volumev3: ['/os-quota-sets', 'quota_set'],
} as const;
const services = ['compute', 'network', 'volumev3'] as const;

async function setQuotas(quotas: Quotas): Promise<void> {
  for (const service of services) {
    const [path, key] = quotaSets[service];
    const call = { service, method: 'PUT', path: `${path}/${project.id}`, body: { [key]: quotas[service] } } as const;
    if (quotas[service] !== undefined) await operator.call(call);
  }
}
async function resetQuotas(): Promise<void> {
  for (const service of services)
    await operator
      .call({ service, method: 'DELETE', path: `${quotaSets[service][0]}/${project.id}` })
      .catch((error: unknown) => {
        // Neutron's "no" where none was set.
        if (asRefusal(error)?.code !== 'NOT_FOUND') throw error;
      });
}

it('finds nothing where a basic deployment fits', async () => {
  expect(await findings(topology(basic))).toEqual([]);
});

describe('quotas', () => {
  afterEach(resetQuotas);

  it('that are too small are all told at once, with what is asked and left', async () => {
    await setQuotas({
      compute: { instances: 2, cores: 2, ram: 1024, server_groups: 0, server_group_members: 2 },
      network: { network: 1, subnet: 1, router: 0, port: 4, security_group: 2, security_group_rule: 3, floatingip: 1 },
      volumev3: { volumes: 0, gigabytes: 5, per_volume_gigabytes: 4 },
    });
    const found = await findings(topology(basic));
    const about = (words: string) => found.find((line) => line.includes(` more ${words}:`));
    expect(about('servers')).toBe(
      "quota-too-small cluster.nodes: the project's quota has no room for 3 more servers: 2 are left (0 of 2 used)",
    );
    expect(about('memory')).toContain('2304 MiB more memory: 1024 MiB are left');
    expect(about('volume space')).toContain('storage: ');
    const kinds = ['cores', 'server groups', 'members of one server group', 'networks', 'subnets', 'routers', 'ports'];
    for (const kind of [
      ...kinds,
      'security groups',
      'security group rules',
      'floating IPs',
      'volumes',
      'space in one volume',
    ])
      expect(about(kind), kind).toBeDefined();
    expect(found).toHaveLength(kinds.length + 8);
  });

  it('say no before a single thing exists when sixteen nodes are asked of a usual project', async () => {
    const found = await findings(topology('image: tiny\ncluster: {nodes: 16, flavor: large}'));
    expect(found).toContain(
      "quota-too-small cluster.nodes: the project's quota has no room for 32 more cores: 20 are left (0 of 20 used)",
    );
    expect(found.filter((line) => line.includes('server group'))).toHaveLength(1);
  });
});

describe('what the cloud lacks', () => {
  it('is told with the nearest right word', async () => {
    const wanted = topology(
      'image: tinny\ncluster: {nodes: 2, flavor: smal}\nvips: [{name: web, external: 172.24.4.99, ports: [80]}]',
    );
    const settings = { externalNetwork: 'pubilc', availabilityZone: 'nova', volumeType: 'plain' };
    const found = await preflight(project.client, wanted, settings);
    expect(lines(found)).toEqual([
      'image-missing image: the cloud has no image tinny',
      'unknown-flavor cluster.flavor: the cloud has no flavor smal',
      'unknown-zone cloud: zone nova is Nova’s name for no zone, and must not be asked for',
      'unknown-external-network cloud: there is no external network pubilc',
      'address-missing vips[0].external: the project has no floating IP 172.24.4.99',
    ]);
    expect(found.map(({ hint }) => hint).join('\n')).toMatch(/Did you mean small\?.*\n(.*\n)*Did you mean public\?/);
  });

  it('is a type that can be attached to several nodes, when the named one cannot', async () => {
    const shared = topology(basic.replace('/srv/data', '/srv/data, attach: shared'));
    expect(await findings(shared, { sharedVolumeType: 'plain' })).toEqual([
      'no-multiattach storage: volume data is to be attached to several nodes, and no usable volume type has multiattach',
    ]);
    expect(await findings(shared, { sharedVolumeType: 'multiattach' })).toEqual([]);
    expect(await findings(shared, { sharedVolumeType: 'multiatach' })).toEqual([
      'unknown-volume-type cloud: the cloud has no volume type multiatach',
    ]);
  });

  it('is an image that stops quickly', async () => {
    const body = { name: 'osclient-slow', disk_format: 'raw', container_format: 'bare' };
    const { id } = (await project.client.call({ service: 'image', method: 'POST', path: '/images', body })).body as {
      id: string;
    };
    const upload = { open: () => Readable.from([Buffer.alloc(512)]) };
    await project.client.call({ service: 'image', method: 'PUT', path: `/images/${id}/file`, upload });
    const found = await preflight(project.client, topology(basic.replace('tiny', 'osclient-slow')));
    await project.client.call({ service: 'image', method: 'DELETE', path: `/images/${id}` });
    expect(found).toMatchObject([{ code: 'image-stops-slowly', severity: 'warning' }]);
  });

  it('is an image that fits the flavor', async () => {
    const body = { name: 'osclient-big', disk_format: 'raw', container_format: 'bare', min_disk: 100, min_ram: 9000 };
    const { id } = (await project.client.call({ service: 'image', method: 'POST', path: '/images', body })).body as {
      id: string;
    };
    const found = await findings(topology(basic.replace('tiny', 'osclient-big')));
    await project.client.call({ service: 'image', method: 'DELETE', path: `/images/${id}` });
    expect(found).toEqual([
      'image-not-ready image: image osclient-big is queued',
      'flavor-too-small cluster.flavor: flavor small is too small for the image, which needs 100 GiB of disk, it has 4 GiB',
      'flavor-too-small cluster.flavor: flavor small is too small for the image, which needs 9000 MiB of memory, it has 768 MiB',
    ]);
  });
});

describe('the credential', () => {
  it('of an ordinary user may make no tenant, an admin’s may', async () => {
    const wanted = topology(`${basic}tenant: {create: true}`);
    expect((await findings(wanted)).map((line) => line.split(' ')[0])).toEqual(['tenant-needs-admin']);
    expect(await findings(wanted, {}, operator)).toEqual([]);
  });

  it('that is an application credential is warned about Heat', async () => {
    const { userId } = await project.client.session();
    const secret = crypto.randomUUID();
    const path = `/users/${userId}/application_credentials`;
    const body = { application_credential: { name: 'osclient', secret } };
    await project.client.call({ service: 'identity', method: 'POST', path, body });
    const auth = {
      method: 'application-credential',
      credential: { name: 'osclient', user: { id: userId } },
      secret,
    } as const;
    const found = await preflight(createOpenStackClient({ ...project.credentials, auth }), topology(basic));
    expect(found).toMatchObject([{ code: 'heat-needs-password', severity: 'warning' }]);
  });

  it('that Keystone does not know says so, alone', async () => {
    const auth = { method: 'token', token: 'nonsense' } as const;
    const found = await preflight(createOpenStackClient({ ...project.credentials, auth }), topology(basic));
    expect(found).toMatchObject([{ code: 'cloud-refused', severity: 'error' }]);
  });

  it('to a Keystone that does not answer says so, alone', async () => {
    const nowhere = createOpenStackClient(
      { ...project.credentials, authUrl: 'http://127.0.0.1:1' },
      { pace: { attempts: 1, firstPauseMs: 1, longestPauseMs: 1 } },
    );
    expect(await findings(topology(basic), {}, nowhere)).toEqual([
      "cloud-unreachable cloud: the cloud's identity service cannot be reached (ECONNREFUSED)",
    ]);
  });
});

it('a service that is down is named, once, and the others still speak', async () => {
  const lost = {
    ...project.client,
    call: (call: OpenStackCall) => (call.service === 'network' ? down(call) : project.client.call(call)),
  };
  const found = await findings(topology(basic.replace('small', 'smal')), {}, lost);
  expect(found).toEqual([
    'unknown-flavor cluster.flavor: the cloud has no flavor smal',
    "cloud-unreachable cloud: the cloud's network service cannot be reached (HTTP 503)",
  ]);
});

/** What the client throws after its last attempt. */
const down = async ({ service, path }: OpenStackCall): Promise<never> => {
  throw new Refusal('CLOUD_UNREACHABLE', `network refused GET ${path}: HTTP 503`, {
    retry: 'later',
    data: { service, status: 503 },
  });
};
