/**
 * What every cloud must do, as one suite that each cloud runs on the real thing. A cloud brings itself, a way
 * to list everything it has, and a way to knock from outside; the rest is the port's own words.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cloud } from '../../src/clouds/cloud.ts';
import { allNodes, entryVip, type Topology } from '../../src/topology/topology.ts';
import { bareBoots, type CloudUnderTest, ensureAll, eventually, type Place, topologyOf } from './cloud-under-test.ts';
import { nodeAccessContract } from './node-access.contract.ts';

/** A TCP server on every address of the node, on ports 8080 and 8081, and the VIP's address beside its own. */
export async function serve(cloud: Cloud, topology: Topology, node: string): Promise<void> {
  const vip = topology.clusters[0]?.vips[0];
  const access = cloud.access(topology);
  const script =
    "for (const port of [8080, 8081]) require('node:http').createServer((_, r) => r.end('here')).listen(port)";
  await eventually('the node runs services', async () => {
    const started = await access.run(node, ['systemd-run', '--collect', '--unit=probe', 'node', '-e', script]);
    return started.exitCode === 0;
  });
  await eventually('the node has its network', async () => {
    const added = await access.run(node, ['ip', 'address', 'replace', `${vip?.address}/24`, 'dev', 'eth1']);
    const routes = await access.run(node, ['ip', 'route', 'show', 'default']);
    return added.exitCode === 0 && routes.stdout !== '';
  });
}

export function cloudContract(name: string, setUp: () => Promise<CloudUnderTest>, place: Place = {}): void {
  const { spec, noGuests, timeoutMs = 120_000 } = place;
  const testInside =
    noGuests === undefined
      ? test
      : // oxlint-disable-next-line vitest/no-disabled-tests -- a cloud without guests says why in the title
        (title: string, work: () => Promise<void>) => test.skip(`${title} (skipped: ${noGuests})`, work);
  describe(`the cloud port on ${name}`, { timeout: timeoutMs }, () => {
    const topology = topologyOf('contract', { spec });
    let under: CloudUnderTest;
    let cloud: Cloud;
    let before: readonly string[];

    beforeAll(async () => {
      under = await setUp();
      cloud = under.cloud;
      await cloud.removeAll('contract', () => undefined);
      before = await under.inventory();
    }, 600_000);

    afterAll(async () => {
      await cloud.removeAll('contract', () => undefined);
    }, timeoutMs);

    test('a deployment that was never made is observed as absent, and removing it is no error', async () => {
      const seen = await cloud.observe(topology);
      expect(seen).toMatchObject({ tenant: 'absent', credential: 'absent', outside: {}, strayNodes: [] });
      expect(Object.values(seen.nodes)).toEqual([{ state: 'absent' }, { state: 'absent' }]);
      await cloud.removeAll('contract', () => undefined);
      expect(await cloud.deployments()).not.toContain('contract');
    });

    test('preflight finds nothing to complain about before anything exists', async () => {
      expect((await cloud.preflight(topology)).filter(({ severity }) => severity === 'error')).toEqual([]);
    });

    test('what was ensured is observed, twice as once', async () => {
      await ensureAll(under, topology);
      const once = await cloud.observe(topology);
      const listed = await under.inventory();
      expect(once).toMatchObject({
        tenant: 'present',
        credential: 'present',
        networks: { cluster: 'present', services: 'present' },
        volumes: { data: 'present', log: 'present' },
        nodes: { 'app-1': { state: 'running' }, 'app-2': { state: 'running' } },
        outside: { web: { ports: [8080] } },
        strayNodes: [],
      });
      expect(Object.keys(once.outside).filter((vip) => vip !== entryVip)).toEqual(['web']);
      await ensureAll(under, topology);
      expect(await cloud.observe(topology)).toEqual(once);
      expect(await under.inventory()).toEqual(listed);
      expect(await cloud.deployments()).toContain('contract');
    });

    test('preflight does not count what the deployment has already', async () => {
      expect((await cloud.preflight(topology)).filter(({ severity }) => severity === 'error')).toEqual([]);
    });

    if (noGuests === undefined) nodeAccessContract(() => cloud.access(topology));

    testInside('a shared volume shows on one node what another wrote, and a moving one is not attached', async () => {
      const { run } = cloud.access(topology);
      await run('app-1', ['sh', '-c', 'echo written > /var/lib/quorate/volumes/data/file']);
      const read = await run('app-2', [
        'sh',
        '-c',
        'cat /var/lib/quorate/volumes/data/file; ls /var/lib/quorate/volumes',
      ]);
      expect(read.stdout).toBe('written\ndata\n');
    });

    testInside('the outside address leads to the VIP, on its ports only', async () => {
      await serve(cloud, topology, 'app-1');
      const outside = (await cloud.observe(topology)).outside['web']?.address ?? '';
      await eventually('port 8080 answers outside', () => under.knock(outside, 8080));
      expect(await under.knock(outside, 8081)).toBe(false);
    });

    test('ports that change in the specification change outside, at the same address', async () => {
      const outside = (await cloud.observe(topology)).outside['web']?.address;
      const changed = topologyOf('contract', { ports: '[8081]', spec });
      await cloud.ensureGround(changed);
      expect((await cloud.observe(changed)).outside['web']).toEqual({ address: outside, ports: [8081] });
      if (noGuests !== undefined) return;
      await eventually('port 8081 answers outside', () => under.knock(outside ?? '', 8081));
      expect(await under.knock(outside ?? '', 8080)).toBe(false);
    });

    testInside('another deployment reaches neither nodes nor unforwarded ports', async () => {
      const other = topologyOf('contract-other', { spec });
      try {
        await ensureAll(under, other);
        await serve(cloud, other, 'app-1');
        const vip = topology.clusters[0]?.vips[0]?.address ?? '';
        const outside = (await cloud.observe(topology)).outside['web']?.address ?? '';
        const node = allNodes(topology)[0]?.addresses[1]?.address ?? '';
        const reach = async (host: string, port: number) => {
          const url = `http://${host}:${port}/`;
          const script = `fetch('${url}', { signal: AbortSignal.timeout(1500) }).then(() => process.exit(0), () => process.exit(1))`;
          return (await cloud.access(other).run('app-1', ['node', '-e', script])).exitCode === 0;
        };
        await eventually('the forwarded port answers', () => reach(outside, 8081));
        expect(await reach(outside, 8080)).toBe(false);
        expect(await reach(vip, 8080)).toBe(false);
        expect(await reach(node, 8080)).toBe(false);
        expect(await reach(node, 8081)).toBe(false);
      } finally {
        await cloud.removeAll('contract-other', () => undefined);
      }
    });

    test('an address that another deployment has is refused with its name', async () => {
      const address = (await cloud.observe(topology)).outside['web']?.address ?? '';
      const rival = topologyOf('contract-rival', { external: address, spec });
      const found = await cloud.preflight(rival);
      expect(found).toContainEqual(
        expect.objectContaining({
          code: 'address-taken',
          path: ['vips', 0, 'external'],
          message: expect.stringContaining('deployment contract'),
        }),
      );
      try {
        await cloud.ensureTenant(rival, await under.secrets(rival.deployment));
        await expect(cloud.ensureGround(rival)).rejects.toMatchObject({ code: 'ADDRESS_TAKEN' });
      } finally {
        await cloud.removeAll('contract-rival', () => undefined);
      }
    });

    test('an address outside the external network and an unknown flavor are found at once, with the place', async () => {
      const wrong = topologyOf('contract-wrong', { external: '203.0.113.7', spec });
      const unknown = {
        ...wrong,
        clusters: wrong.clusters.map((cluster) => ({
          ...cluster,
          members: cluster.members.map((node) => ({ ...node, flavor: 'smal' })),
        })),
      };
      const codes = (await cloud.preflight(unknown)).map(({ code }) => code);
      // One cloud knows its range, another only which addresses the project has.
      const noSuchAddress = expect.stringMatching(/^address-(outside-range|missing)$/);
      expect(codes).toEqual(expect.arrayContaining([noSuchAddress, 'unknown-flavor']));
    });

    test('a removed node is absent, a second removal is no error, and ensuring makes it again', async () => {
      await cloud.removeNodes('contract', ['app-2', 'app-9']);
      await cloud.removeNodes('contract', ['app-2']);
      expect((await cloud.observe(topology)).nodes).toEqual({
        'app-1': { state: 'running' },
        'app-2': { state: 'absent' },
      });
      await cloud.ensureNodes(topology, bareBoots(topology));
      expect((await cloud.observe(topology)).nodes['app-2']).toEqual({ state: 'running' });
      if (noGuests !== undefined) return;
      const { stdout } = await cloud.access(topology).run('app-2', ['cat', '/var/lib/quorate/volumes/data/file']);
      expect(stdout).toBe('written\n');
    });

    test('a node that the topology does not know is reported as a stray', async () => {
      const smaller = {
        ...topology,
        clusters: topology.clusters.map((cluster) => ({ ...cluster, members: cluster.members.slice(0, 1) })),
      };
      expect((await cloud.observe(smaller)).strayNodes).toEqual(['app-2']);
    });

    test('after removal nothing is left, and removing again is no error', async () => {
      const reported: string[] = [];
      await cloud.removeAll('contract', (what) => reported.push(what));
      expect(reported).toEqual(expect.arrayContaining(['node app-1', 'node app-2']));
      expect(await under.inventory()).toEqual(before);
      expect(await cloud.deployments()).not.toContain('contract');
      await cloud.removeAll('contract', () => undefined);
    });
  });
}
