/** Real parts for the commands, each made on first need: the store, the engine, clouds, the local one's host. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../commands/context.ts';
import type { Engine } from '../engine/engine.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { Topology } from '../topology/topology.ts';
import { imageStore } from './image-store.ts';
import { localHost } from './local-host.ts';
import { cloudNames, openCloud } from './open-cloud.ts';
import { systemClock } from './system-clock.ts';

export async function openContext(stateDirectory: string): Promise<Context> {
  const cloudOf = (name: string) => openCloud(stateDirectory, name);
  const parts = once(() => openParts(stateDirectory));
  const engine = once(async (): Promise<Engine> => {
    const { createEngine } = await import('../engine/create-engine.ts');
    return createEngine({ ...(await parts()), cloudOf, clock: systemClock });
  });
  return {
    clock: systemClock,
    engine,
    findEngine: async () => (existsSync(join(stateDirectory, 'quorate.db')) ? engine() : undefined),
    host: localHost(stateDirectory),
    cloud: cloudOf,
    cloudNames,
    imageStore: imageStore(stateDirectory),
    secretsOf: async (topology) => {
      const { makeSecrets, readSecrets } = await import('../engine/secrets/deployment-secrets.ts');
      const clusters = topology.clusters.map(({ name }) => name);
      const known = existsSync(join(stateDirectory, 'quorate.db'));
      const stored = known ? await readSecrets(await parts(), topology.deployment, clusters) : undefined;
      if (stored === undefined && topology.cloud === 'local') throw noSecrets(topology);
      const secrets = stored ?? (await makeSecrets(topology.deployment, clusters));
      return { secrets, access: await (await cloudOf(topology.cloud)).nodeAccess(topology, secrets) };
    },
  };
}

async function openParts(stateDirectory: string) {
  const { openSqliteStore } = await import('../engine/store/sqlite-store.ts');
  const { fileSealer } = await import('../engine/secrets/seal.ts');
  return { store: await openSqliteStore(stateDirectory), sealer: fileSealer(stateDirectory) };
}

const noSecrets = ({ deployment }: Topology): Refusal =>
  new Refusal('NOT_FOUND', `no keys are stored for ${deployment}`, {
    retry: 'never',
    next: 'apply it first, or leave out --with-secrets',
  });

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
