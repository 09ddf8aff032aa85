/** A deployment's life on the real services: made, changed, removed, in an ordinary user's project; no guest runs. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentSecrets } from '../../../src/clouds/cloud.ts';
import type { Topology } from '../../../src/topology/topology.ts';
import { bootsFor, clusterOf, makeAll, ownProject, removed, secretsFor, topologyFor } from '../deployment.ts';

const { project, cloud, inventory } = await ownProject('osheat-life');

describe.each([2, 3])('%i nodes', (count) => {
  const storage =
    'storage: [{ name: data, sizeGiB: 1, mount: /srv/data, attach: shared }, { name: log, sizeGiB: 1, mount: /srv/log, attach: moving }]';
  const name = `osheat-${count}`;
  let topology: Topology;
  let secrets: DeploymentSecrets;
  let before: readonly string[];
  beforeAll(async () => {
    topology = topologyFor(name, `${clusterOf(count)}\n${storage}`);
    secrets = await secretsFor(topology);
    before = await inventory();
  });

  it('are made, and observed as made; again changes nothing', async () => {
    expect(await cloud.observe(topology)).toMatchObject({ tenant: 'absent', credential: 'absent', outside: {} });
    await makeAll(cloud, topology, secrets);
    const seen = await cloud.observe(topology);
    expect(seen).toMatchObject({
      tenant: 'present',
      credential: 'present',
      networks: { cluster: 'present', services: 'present' },
      volumes: { data: 'present', log: 'present' },
      outside: { web: { ports: [80] }, entry: { ports: [22] } },
      strayNodes: [],
    });
    expect(new Set(Object.values(seen.nodes).map(({ state }) => state))).toEqual(new Set(['running']));
    expect(Object.keys(seen.hosts ?? {})).toHaveLength(count);
    const listed = await inventory();
    await makeAll(cloud, topology, secrets);
    expect(await cloud.observe(topology)).toEqual(seen);
    expect(await inventory()).toEqual(listed);
    expect(await cloud.deployments()).toEqual([name]);
  });

  it('remember, and are recalled with the same', async () => {
    const memory = {
      specText: 'text\n',
      roster: { tiers: {}, hosts: {}, attach: {} },
      sealedSecrets: { one: 'sealed' },
    };
    expect(await cloud.recall?.(name)).toBeUndefined();
    await cloud.remember?.(topology, memory);
    expect(await cloud.recall?.(name)).toEqual(memory);
    expect((await cloud.observe(topology)).memory).toMatch(/^[0-9a-f]{16}$/);
  });

  it('have another node, VIP and volume, and one node less, while the others stay as they are', async () => {
    const wider = topologyFor(
      name,
      `${clusterOf(count + 1).replace('external: none }', 'external: none }, { name: api, ports: [443] }')}\n${storage.replace('[', '[{ name: more, sizeGiB: 1, mount: /srv/more, attach: shared }, ')}`,
    );
    const ids = async () =>
      (await servers()).filter(({ name: node }) => node !== `app-${count + 1}`).map(({ id }) => id);
    const kept = await ids();
    await cloud.ensureGround(wider);
    await cloud.ensureNodes(wider, bootsFor(wider, [`app-${count + 1}`]));
    const seen = await cloud.observe(wider);
    expect(seen).toMatchObject({
      networks: { cluster: 'present', services: 'present' },
      volumes: { data: 'present', log: 'present', more: 'present' },
      outside: { api: { ports: [443] }, web: { ports: [80] } },
      nodes: { [`app-${count + 1}`]: { state: 'running' } },
    });
    expect(await ids()).toEqual(kept);
    expect((await cloud.observe(topology)).strayNodes).toEqual([`app-${count + 1}`]);
    await cloud.removeNodes(name, [`app-${count + 1}`, 'app-99']);
    await cloud.removeNodes(name, [`app-${count + 1}`]);
    await cloud.ensureGround(topology);
    expect(await cloud.observe(topology)).toMatchObject({ strayNodes: [], volumes: { data: 'present' } });
    expect(Object.keys((await cloud.observe(topology)).outside).toSorted()).toEqual(['entry', 'web']);
    expect(await ids()).toEqual(kept);
  });

  it('get back what somebody removed behind their backs', async () => {
    const [first] = await servers();
    await project.client.call({ service: 'compute', method: 'DELETE', path: `/servers/${first?.id}` });
    await expect
      .poll(async () => (await cloud.observe(topology)).nodes[first?.name ?? ''], { timeout: 30_000 })
      .toEqual({ state: 'absent' });
    await cloud.ensureNodes(topology, bootsFor(topology, [first?.name ?? '']));
    expect(await cloud.observe(topology)).toMatchObject({
      nodes: { [first?.name ?? '']: { state: 'running' } },
      volumes: { data: 'present' },
    });
  });

  it('are started again when they are stopped', async () => {
    const [first] = await servers();
    const action = `/servers/${first?.id}/action`;
    await project.client.call({ service: 'compute', method: 'POST', path: action, body: { 'os-stop': null } });
    const power = async () => (await cloud.observe(topology)).nodes[first?.name ?? '']?.state;
    await expect.poll(power, { timeout: 30_000 }).toBe('stopped');
    await cloud.ensureNodes(topology, bootsFor(topology, [first?.name ?? '']));
    await expect.poll(power, { timeout: 30_000 }).toBe('running');
  });

  it('leave nothing', async () => {
    expect((await removed(cloud, name)).length).toBeGreaterThan(count);
    expect(await inventory()).toEqual(before);
    expect(await removed(cloud, name)).toEqual([]);
    expect(await cloud.deployments()).toEqual([]);
  });

  const servers = async () => {
    const { body } = await project.client.call({ service: 'compute', method: 'GET', path: '/servers/detail' });
    return (body as { servers: { id: string; name: string }[] }).servers.toSorted((a, b) =>
      a.name.localeCompare(b.name),
    );
  };
});
