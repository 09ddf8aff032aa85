/** The credential that nodes hold can fence its own deployment's nodes, and do nothing else. */
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { apiPath } from '../../src/clouds/local/incus/client.ts';
import { AliasRecord } from '../../src/clouds/local/incus/records.ts';
import { callIncus, type IncusEndpoint, type IncusRequest } from '../../src/clouds/local/incus/transport.ts';
import { projectName, TAG } from '../../src/clouds/local/names.ts';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { allNodes } from '../../src/topology/topology.ts';
import { ensureAll, topologyOf } from '../contract/cloud-under-test.ts';
import { localCloudWithout } from './local-incus.ts';

const running = { 'app-1': { state: 'running' }, 'app-2': { state: 'running' } };

const under = await localCloudWithout('contract', 'contract-other');

describe('the certificate of the nodes', { timeout: 180_000 }, () => {
  const topology = topologyOf('contract');
  const other = topologyOf('contract-other');
  let endpoint: IncusEndpoint;
  const call = (method: IncusRequest['method'], path: string, body?: unknown) =>
    callIncus(endpoint, { method, path, body });
  const project = projectName('contract');
  /** What Incus says; in its words alone a want of rights differs from a call that is wrong. */
  const refusalOf = async (method: IncusRequest['method'], path: string, body?: unknown) =>
    call(method, path, body).then(
      () => `did ${method} ${path} ${JSON.stringify(body)}`,
      (error: unknown) => asRefusal(error)?.message,
    );
  const forbidden =
    /does not have permission|not authorized|is restricted|forbidden|not allowed|managed network devices|not backed by a pool|Privileged containers/;

  beforeAll(async () => {
    await ensureAll(under, topology);
    await ensureAll(under, other);
    const access = await under.cloud.nodeAccess(topology, await under.secrets('contract'));
    endpoint = z
      .object({ url: z.string(), certificate: z.string(), key: z.string(), serverCertificate: z.string() })
      .parse(access);
  });

  test('stops and starts a node of its own deployment', async () => {
    for (const action of ['stop', 'start']) {
      const path = `/1.0/instances/app-2/state?project=${project}`;
      const { operation } = await call('PUT', path, { action, force: true, timeout: -1 });
      await call('GET', `${operation}/wait?timeout=30`);
    }
    expect((await under.cloud.observe(topology)).nodes).toEqual(running);
  });

  test('sees and touches nothing of another deployment', async () => {
    const theirs = projectName('contract-other');
    const stop = { action: 'stop', force: true, timeout: -1 };
    expect(await refusalOf('GET', `/1.0/instances?project=${theirs}`)).toMatch(forbidden);
    expect(await refusalOf('PUT', `/1.0/instances/app-1/state?project=${theirs}`, stop)).toMatch(forbidden);
    expect(await refusalOf('DELETE', `/1.0/instances/app-1?project=${theirs}`)).toMatch(forbidden);
    expect(await refusalOf('POST', `/1.0/instances/app-1/exec?project=${theirs}`, { command: ['id'] })).toMatch(
      forbidden,
    );
    expect(
      await refusalOf(
        'GET',
        `/1.0/storage-pools/${under.incus.settings.volumePool}/volumes/custom/data?project=${theirs}`,
      ),
    ).toMatch(forbidden);
    const seen = await call('GET', '/1.0/instances?all-projects=true');
    expect(seen.metadata).toEqual(allNodes(topology).map(({ name }) => `/1.0/instances/${name}?project=${project}`));
    expect((await under.cloud.observe(other)).nodes).toEqual(running);
  });

  test('cannot change its own project, its own rights, networks, pools, or what all deployments share', async () => {
    const bridge = (
      await under.client.list('/1.0/networks', z.object({ name: z.string(), config: z.record(z.string(), z.string()) }))
    ).find(({ config }) => config[TAG] === 'contract')?.name;
    const { nodeCertificate } = await under.secrets('unknown');
    const certificate = new X509Certificate(nodeCertificate).raw.toString('base64');
    const { target } = await under.client.get(
      apiPath(['images', 'aliases', under.incus.settings.imageAlias]),
      AliasRecord,
    );
    const attempts: readonly (readonly [IncusRequest['method'], string, unknown?])[] = [
      ['PATCH', `/1.0/projects/${project}`, { config: { restricted: 'false' } }],
      ['POST', '/1.0/projects', { name: 'contract-mine', config: {} }],
      ['PATCH', '/1.0', { config: { 'core.https_address': '' } }],
      ['POST', '/1.0/certificates', { type: 'client', restricted: false, name: 'mine', certificate }],
      ['PATCH', `/1.0/networks/${bridge}?project=${project}`, { config: { 'security.acls': '' } }],
      ['POST', `/1.0/networks/${bridge}/forwards?project=${project}`, { listen_address: '198.51.100.7' }],
      ['PUT', `/1.0/network-acls/${bridge}?project=${project}`, { ingress: [], egress: [] }],
      ['POST', `/1.0/networks?project=${project}`, { name: 'qmine', type: 'bridge' }],
      ['POST', '/1.0/storage-pools', { name: 'mine', driver: 'dir' }],
      ['DELETE', `/1.0/images/${target}`],
      ['POST', '/1.0/images/aliases', { name: 'mine', target }],
      ['PATCH', `/1.0/images/aliases/${under.incus.settings.imageAlias}`, { description: 'mine' }],
    ];
    for (const [method, path, body] of attempts) {
      expect(await refusalOf(method, path, body)).toMatch(forbidden);
    }
  });

  test('cannot give a node of its own the host', async () => {
    const path = `/1.0/instances/app-1?project=${project}`;
    const attempts = [
      { config: { 'security.privileged': 'true' } },
      { config: { 'raw.lxc': 'lxc.mount.entry=/ mnt none bind 0 0' } },
      { devices: { host: { type: 'disk', source: '/', path: '/mnt' } } },
      { devices: { eth9: { type: 'nic', nictype: 'bridged', parent: 'quorate-out', name: 'eth9' } } },
      { devices: { port: { type: 'proxy', listen: 'tcp:0.0.0.0:9', connect: 'tcp:127.0.0.1:9' } } },
    ];
    for (const body of attempts) expect(await refusalOf('PATCH', path, body)).toMatch(forbidden);
  });

  test('belongs to one deployment and is never handed to another', async () => {
    const secrets = await under.secrets('contract');
    await expect(under.cloud.ensureTenant(other, secrets)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await under.cloud.observe(topology)).credential).toBe('present');
  });
});
