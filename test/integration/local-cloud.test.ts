/** The cloud contract on a real Incus, and what only the local cloud promises. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { apiPath } from '../../src/clouds/local/incus/client.ts';
import { AliasRecord } from '../../src/clouds/local/incus/records.ts';
import { createLocalCloud } from '../../src/clouds/local/local-cloud.ts';
import { projectName, TAG } from '../../src/clouds/local/names.ts';
import { cloudContract } from '../contract/cloud.contract.ts';
import { ensureAll, eventually, topologyOf } from '../contract/cloud-under-test.ts';
import { localCloudUnderTest, localCloudWithout } from './local-incus.ts';

cloudContract('Incus', localCloudUnderTest);

const quiet = () => undefined;

const deployments = ['contract', 'contract-other'];
const under = await localCloudWithout(...deployments);

describe('the local cloud', { timeout: 180_000 }, () => {
  test('two deployments that are made and removed at the same time get different addresses and leave nothing', async () => {
    const before = await under.inventory();
    const topologies = deployments.map((name) => topologyOf(name));
    await Promise.all(topologies.map((topology) => ensureAll(under, topology)));
    const seen = await Promise.all(topologies.map((topology) => under.cloud.observe(topology)));
    const addresses = seen.map(({ outside }) => outside['web']?.address);
    expect(new Set(addresses).size).toBe(2);
    expect(addresses).not.toContain(undefined);
    await Promise.all(deployments.map((name) => under.cloud.removeAll(name, quiet)));
    expect(await under.inventory()).toEqual(before);
  });

  test('removal leaves alone what a project only inherits, and a project that is not ours', async () => {
    const alias = apiPath(['images', 'aliases', under.incus.settings.imageAlias]);
    const body = {
      name: projectName('contract'),
      config: { 'features.images': 'false', 'features.profiles': 'false', [TAG]: 'contract' },
    };
    await under.client.change('POST', '/1.0/projects', { body });
    await under.cloud.removeAll('contract', quiet);
    expect(await under.client.find(alias, AliasRecord)).toBeDefined();

    await under.client.change('POST', '/1.0/projects', { body: { name: projectName('contract') } });
    try {
      const topology = topologyOf('contract');
      expect(await under.cloud.preflight(topology)).toContainEqual(
        expect.objectContaining({ code: 'name-taken', path: ['name'] }),
      );
      await expect(under.cloud.ensureTenant(topology, await under.secrets('contract'))).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await under.cloud.removeAll('contract', quiet);
      expect(await under.client.find(apiPath(['projects', projectName('contract')]), z.unknown())).toBeDefined();
    } finally {
      await under.client.remove(apiPath(['projects', projectName('contract')]));
    }
  });

  test('a full disk is named before and while nodes are made, with the numbers', async () => {
    const pool = 'contract-small';
    await under.client.change('POST', '/1.0/storage-pools', {
      body: { name: pool, driver: 'btrfs', config: { size: '256MiB' } },
    });
    try {
      const cloud = createLocalCloud({ ...under.incus, settings: { ...under.incus.settings, pool, volumePool: pool } });
      const topology = topologyOf('contract');
      expect(await cloud.preflight(topology)).toContainEqual(
        expect.objectContaining({
          code: 'disk-too-small',
          message: expect.stringMatching(/2 GiB for volumes.*GiB are free/),
        }),
      );
      const small = { ...under, cloud };
      await expect(ensureAll(small, topology)).rejects.toMatchObject({ code: 'DISK_FULL' });
      await cloud.removeAll('contract', quiet);
    } finally {
      await under.client.remove(apiPath(['storage-pools', pool]));
    }
  });

  test('an Incus that is not there, or is dead, is said once, with what to do', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-test-'));
    try {
      for (const [socketPath, words] of [
        [join(directory, 'none'), 'there is no such socket'],
        [join(directory, 'dead'), 'nothing listens'],
      ] as const) {
        if (words === 'nothing listens') await writeFile(socketPath, '');
        const cloud = createLocalCloud({ ...under.incus, socketPath });
        const [only, ...others] = await cloud.preflight(topologyOf('contract'));
        expect(others).toEqual([]);
        expect(only).toMatchObject({
          code: 'cloud-unreachable',
          message: expect.stringContaining(words),
          hint: expect.any(String),
        });
        await expect(cloud.observe(topologyOf('contract'))).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE' });
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('sixteen nodes are made at once, observed by a few calls, and what they say while they boot is not lost', async () => {
    const small = topologyOf('contract');
    const [cluster] = small.clusters;
    const [first] = cluster?.members ?? [];
    if (cluster === undefined || first === undefined) throw new Error('a basic deployment has a cluster');
    const members = Array.from({ length: 16 }, (_, index) => ({
      ...first,
      name: `app-${index + 1}`,
      addresses: first.addresses.map((address) => ({
        ...address,
        address: address.address.replace(/\d+$/, String(100 + index)),
      })),
    }));
    const topology = { ...small, clusters: [{ ...cluster, members }] };
    await ensureAll(under, topology);
    const { run } = under.cloud.access(topology);
    const said = async (_: unknown, index: number) => (await run('app-1', ['echo', String(index)])).stdout;
    for (let round = 0; round < 20; round += 1)
      expect(await Promise.all(Array.from({ length: 8 }, said))).toEqual(
        Array.from({ length: 8 }, (_, index) => `${index}\n`),
      );
    // The nodes boot on the same processors: what looking costs is seen when they have done so. 30 to 90 ms on two
    // quiet ones; a call for each node would take a second.
    await eventually('a look that takes less than 300 ms', async () => {
      const started = performance.now();
      const { nodes } = await under.cloud.observe(topology);
      const tookMs = performance.now() - started;
      expect(Object.values(nodes).filter(({ state }) => state === 'running')).toHaveLength(16);
      return tookMs < 300;
    });
    await under.removeAll();
  });
});
