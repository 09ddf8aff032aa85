import type { Cloud } from '../clouds/cloud.ts';
import type { Clock } from '../kernel/clock.ts';
import { Refusal } from '../kernel/refusal.ts';
import { planDeployment } from '../plan/plan.ts';
import { deriveStatus } from '../status/derive-status.ts';
import type { DeploymentStatus } from '../status/status.ts';
import { deriveTopology } from '../topology/derive.ts';
import type { Topology } from '../topology/topology.ts';
import { adopt } from './adopt.ts';
import type { DeploymentEvent, DeploymentRecord, Engine, Settled, SettleOptions } from './engine.ts';
import type { Life } from './immutable.ts';
import { openJournal } from './journal.ts';
import { acquireLease } from './lease/hold.ts';
import { observeDeployment } from './observe.ts';
import { readSecrets } from './secrets/deployment-secrets.ts';
import type { Sealer } from './secrets/seal.ts';
import { settleRounds } from './settle.ts';
import type { Store } from './store/store.ts';
import { nextWish, specOf } from './wish.ts';

export type EngineParts = {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Throws NOT_FOUND for a cloud that nobody knows. */
  readonly cloudOf: (name: string) => Promise<Cloud>;
  readonly clock: Clock;
  /** Every event, as it is stored. */
  readonly log?: (event: DeploymentEvent) => void;
};

export function createEngine(parts: EngineParts): Engine {
  const { store, cloudOf, clock } = parts;
  const log = parts.log ?? (() => undefined);
  return {
    get: (name) => store.get(name),
    list: () => store.list(),
    events: (name, options) => store.events(name, options?.after ?? 0),
    put: (spec, specText) => put(parts, log, { spec, specText }),
    markAbsent: (name) => markAbsent(parts, log, name),
    settle: (name, options) => settle(parts, log, name, options),
    status: async (name) => {
      const record = await stored(store, name);
      return (await look(parts, record.cloud, topologyOf(record), record.desired)).status;
    },
    planFor: async (spec) => {
      const wish = { spec, specText: '', now: clock.now() };
      const { topology } = await nextWish(await store.get(spec.name), wish, (record) => lifeOf(parts, record));
      const { seen, status } = await look(parts, spec.cloud, topology, 'present');
      return { topology, plan: planDeployment(topology, seen, status) };
    },
    adopt: async (name, cloud) => adopt({ ...parts, log }, await cloudOf(cloud), { name, cloud }),
    access: async (name) => {
      const record = await stored(store, name);
      const topology = topologyOf(record);
      return (await cloudOf(record.cloud)).access(topology, await secretsOf(parts, topology));
    },
  };
}

type Log = (event: DeploymentEvent) => void;

async function put(parts: EngineParts, log: Log, wish: Pick<Parameters<typeof nextWish>[1], 'spec' | 'specText'>) {
  const { store, clock } = parts;
  const { name } = wish.spec;
  for (;;) {
    const before = await store.get(name);
    const now = clock.now();
    const { record } = await nextWish(before, { ...wish, now }, (live) => lifeOf(parts, live));
    if (record === before) return record;
    const [kind, message] =
      before === undefined ? ['created', `${name} is wished for`] : ['changed', `${name} is wished for anew`];
    const data = { generation: record.generation };
    const event = await store.save(record, before?.generation ?? 0, { deployment: name, at: now, kind, message, data });
    // Somebody else's wish came first: look at that one.
    if (event === undefined) continue;
    log(event);
    return record;
  }
}

/** A deployment that is gone already is as absent as it can be: a deletion may be asked for any number of times. */
async function markAbsent(parts: EngineParts, log: Log, name: string): Promise<void> {
  const { store, clock } = parts;
  for (;;) {
    const record = await store.get(name);
    if (record === undefined && (await wasDeleted(store, name))) return;
    if (record === undefined) throw notFound(name);
    if (record.desired === 'absent') return;
    const now = clock.now();
    const absent: DeploymentRecord = {
      ...record,
      desired: 'absent',
      generation: record.generation + 1,
      updatedAt: now,
    };
    const message = `${name} is to be deleted`;
    const event = await store.save(absent, record.generation, {
      deployment: name,
      at: now,
      kind: 'deletion-asked',
      message,
    });
    if (event === undefined) continue;
    log(event);
    return;
  }
}

async function settle(parts: EngineParts, log: Log, name: string, options: SettleOptions): Promise<Settled> {
  const { store, clock, sealer } = parts;
  const record = await store.get(name);
  if (record === undefined && (await wasDeleted(store, name))) return { state: 'gone' };
  if (record === undefined) throw notFound(name);
  const cloud = await parts.cloudOf(record.cloud);
  const held = await acquireLease(store, clock, name);
  const onEvent = (event: DeploymentEvent) => {
    log(event);
    options.onEvent?.(event);
  };
  const journal = openJournal({ deployment: name, store, clock, onEvent });
  try {
    return await settleRounds(
      { deployment: name, cloud, store, sealer, clock, held, journal, signal: options.signal },
      options,
    );
  } finally {
    await held.release();
  }
}

const secretsOf = (parts: EngineParts, topology: Topology) =>
  readSecrets(
    parts,
    topology.deployment,
    topology.clusters.map(({ name }) => name),
  );

async function look(parts: EngineParts, cloud: string, topology: Topology, desired: DeploymentRecord['desired']) {
  const { cloud: seen, members } = await observeDeployment(
    await parts.cloudOf(cloud),
    topology,
    await secretsOf(parts, topology),
  );
  const status: DeploymentStatus = deriveStatus(topology, seen, members, desired);
  return { seen, status };
}

async function lifeOf(parts: EngineParts, record: DeploymentRecord): Promise<Life> {
  const cloud = await parts.cloudOf(record.cloud);
  const seen = await cloud.observe(topologyOf(record));
  const nodes = Object.values(seen.nodes).some((node) => node.state !== 'absent') || seen.strayNodes.length > 0;
  if (nodes) return 'nodes';
  const present = [...Object.values(seen.networks), ...Object.values(seen.volumes), seen.tenant].includes('present');
  return present || Object.keys(seen.outside).length > 0 ? 'ground' : 'nothing';
}

const topologyOf = (record: DeploymentRecord): Topology => deriveTopology(specOf(record), record.roster).topology;

async function stored(store: Store, name: string): Promise<DeploymentRecord> {
  const record = await store.get(name);
  if (record === undefined) throw notFound(name);
  return record;
}

const wasDeleted = async (store: Store, name: string): Promise<boolean> =>
  (await store.events(name, 0)).at(-1)?.kind === 'gone';

const notFound = (name: string) =>
  new Refusal('NOT_FOUND', `there is no deployment ${name}`, {
    retry: 'never',
    next: 'see `quorate list` for those there are',
  });
