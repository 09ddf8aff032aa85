/** The Incus that tests run on, the product's own, and what a test needs of it beside the port. */
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import type { DeploymentSecrets } from '../../src/clouds/cloud.ts';
import { ensureHost } from '../../src/clouds/local/host/ensure-host.ts';
import { defaultStateDirectory } from '../../src/clouds/local/host/layout.ts';
import { createIncusClient, type IncusClient } from '../../src/clouds/local/incus/client.ts';
import { createLocalCloud } from '../../src/clouds/local/local-cloud.ts';
import { bridgeName, TAG } from '../../src/clouds/local/names.ts';
import type { LocalCloudSettings } from '../../src/clouds/local/settings.ts';
import { makeSecrets } from '../../src/engine/secrets/deployment-secrets.ts';
import { localHost } from '../../src/main/local-host.ts';
import type { CloudUnderTest } from '../contract/cloud-under-test.ts';

export type LocalIncus = { readonly socketPath: string; readonly settings: LocalCloudSettings };

/**
 * The local cloud of this host, set up and with its image where it is not yet. `QUORATE_TEST_INCUS` names
 * another Incus, with settings: `{"socketPath": …, "settings": {…}}`.
 */
export async function obtainLocalIncus(): Promise<LocalIncus> {
  const given = process.env['QUORATE_TEST_INCUS'];
  if (given !== undefined) return JSON.parse(given) as LocalIncus;
  const host = localHost(process.env['QUORATE_STATE'] ?? defaultStateDirectory);
  await host.ensureImage(() => undefined, { force: false });
  return ensureHost(process.env['QUORATE_STATE'] ?? defaultStateDirectory, () => undefined);
}

export async function localCloudUnderTest(): Promise<
  CloudUnderTest & { readonly client: IncusClient; readonly incus: LocalIncus }
> {
  const incus = await obtainLocalIncus();
  const client = createIncusClient({ socketPath: incus.socketPath });
  const secrets = new Map<string, Promise<DeploymentSecrets>>();
  return {
    incus,
    client,
    cloud: createLocalCloud(incus),
    secrets: (deployment) => {
      const made = secrets.get(deployment) ?? makeSecrets(deployment, []);
      secrets.set(deployment, made);
      return made;
    },
    inventory: () => inventory(client),
    knock,
  };
}

/** The same for a file's tests: nothing of these deployments is there before the first of them, or after the last. */
export async function localCloudWithout(...deployments: readonly string[]) {
  const under = await localCloudUnderTest();
  const removeAll = async () => {
    for (const deployment of deployments) await under.cloud.removeAll(deployment, () => undefined);
  };
  beforeAll(removeAll, 60_000);
  afterAll(removeAll, 60_000);
  return { ...under, removeAll };
}

const Tagged = z.object({
  name: z.string().optional(),
  fingerprint: z.string().optional(),
  config: z.record(z.string(), z.string()).nullish(),
  project: z.string().optional(),
  managed: z.boolean().optional(),
});

/** Names of all that Incus and the host's network have, but for what other deployments own. */
async function inventory(client: IncusClient): Promise<readonly string[]> {
  const kinds = [
    'projects',
    'networks',
    'network-acls',
    'network-zones',
    'certificates',
    'images',
    'images/aliases',
    'instances',
    'storage-pools',
    'profiles',
  ];
  const scoped = new Set(['images', 'instances', 'network-zones', 'profiles']);
  const foreign = (tag: string | undefined) => tag !== undefined && !tag.startsWith('contract');
  const listed = await Promise.all(
    kinds.map(async (kind) => {
      const records = await client.list(`/1.0/${kind}`, Tagged, scoped.has(kind) ? { 'all-projects': 'true' } : {});
      return (
        records
          .filter(({ managed }) => managed !== false)
          // The node image itself may be built anew meanwhile; its alias stays.
          .filter(({ project }) => kind !== 'images' || project !== 'default')
          .filter(
            ({ config, project, name }) => !foreign(config?.[TAG]) && !foreignProject(project) && !foreignProject(name),
          )
          .map(({ name, fingerprint, project }) => `${kind} ${project ?? ''} ${name ?? fingerprint}`)
      );
    }),
  );
  const pools = await client.list('/1.0/storage-pools', Tagged);
  const volumes = await Promise.all(
    pools.map(({ name }) =>
      client.get(`/1.0/storage-pools/${name}/volumes`, z.array(z.string()), { 'all-projects': 'true' }),
    ),
  );
  const ours = volumes
    .flat()
    .filter((url) => !url.includes('/volumes/image/'))
    .filter((url) => !foreignProject(/project=([^&]*)/.exec(url)?.[1]));
  const interfaces = (await readdir('/sys/class/net')).filter((name) => ownBridges.has(name));
  return [...listed.flat(), ...ours, ...interfaces].toSorted();
}

const foreignProject = (project: string | undefined): boolean =>
  project?.startsWith('quorate-') === true && !project.startsWith('quorate-contract');

/** Names of the suite's own bridges, which the kernel would keep if Incus lost them. */
const ownBridges: ReadonlySet<string> = new Set(
  ['contract', 'contract-other', 'contract-rival'].flatMap((deployment) => [
    bridgeName(deployment, 'cluster'),
    bridgeName(deployment, 'services'),
  ]),
);

const knock = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1500 });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
