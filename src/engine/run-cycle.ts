/**
 * One short round: look, judge, plan, take the steps that can be taken now. It never sleeps and keeps
 * nothing for the next round, so any process may make that one.
 */

import { memoryDigest } from '../clouds/memory-digest.ts';
import { assertNever } from '../kernel/invariant.ts';
import { planDeployment } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import { deriveStatus } from '../status/derive-status.ts';
import type { DeploymentStatus } from '../status/status.ts';
import { deriveTopology } from '../topology/derive.ts';
import type { Topology } from '../topology/topology.ts';
import type { DeploymentRecord, Settled } from './engine.ts';
import { memoryOf } from './memory.ts';
import { observeDeployment } from './observe.ts';
import { readSecrets } from './secrets/deployment-secrets.ts';
import { takeStep } from './take-step.ts';
import { specOf } from './wish.ts';
import type { Worker } from './worker.ts';

export type Round =
  | Settled
  | {
      readonly state: 'again';
      /** What is still missing, for the one who waits. */
      readonly missing: readonly string[];
      /** Equal in two rounds when nothing has moved between them. */
      readonly fingerprint: string;
    };

/** Throws the steps' refusals, STALE_LEASE, and the signal's reason between two steps. */
export async function runCycle(worker: Worker): Promise<Round> {
  const record = await worker.store.get(worker.deployment);
  if (record === undefined) return { state: 'gone' };
  return record.desired === 'absent' ? remove(worker, record) : bringAbout(worker, record);
}

async function bringAbout(worker: Worker, record: DeploymentRecord): Promise<Round> {
  const { topology } = deriveTopology(specOf(record), record.roster);
  const secrets = await readSecrets(
    worker,
    worker.deployment,
    topology.clusters.map(({ name }) => name),
  );
  const { cloud, members } = await observeDeployment(worker.cloud, topology, secrets);
  const status = deriveStatus(topology, cloud, members, 'present');
  const memory = worker.cloud.remember === undefined ? undefined : memoryDigest(await memoryOf(worker.store, record));
  const plan = planDeployment(topology, cloud, status, memory);
  switch (plan.state) {
    case 'done':
      await worker.journal.awaiting([]);
      return { state: 'ready', status };
    case 'blocked':
      return plan;
    case 'steps':
      return proceed(worker, topology, status, plan.steps);
    default:
      return assertNever(plan);
  }
}

async function proceed(
  worker: Worker,
  topology: Topology,
  status: DeploymentStatus,
  steps: readonly Step[],
): Promise<Round> {
  await worker.journal.awaiting(steps.filter((step) => step.kind === 'await-cluster'));
  for (const step of steps) {
    if (step.kind === 'await-cluster') continue;
    worker.signal?.throwIfAborted();
    await worker.held.check();
    await takeStep(worker, topology, step);
  }
  return { state: 'again', missing: steps.flatMap(missingOf), fingerprint: JSON.stringify([steps, status.because]) };
}

/**
 * The cloud first, the memory last: whoever is killed in between finds the record, and removes again what
 * is gone already. Needs no topology: a specification that no version reads any more can be removed too.
 */
async function remove(worker: Worker, record: DeploymentRecord): Promise<Round> {
  const { held, journal, store, deployment } = worker;
  worker.signal?.throwIfAborted();
  await held.check();
  await takeStep(worker, nothing(record), { kind: 'remove-all', because: 'the deployment is to be deleted' });
  const gone = await store.forget(
    held.lease,
    record.generation,
    journal.now('gone', `${deployment} is gone, nothing is left`),
  );
  if (gone !== undefined) {
    journal.pass(gone);
    return { state: 'gone' };
  }
  await held.check();
  return { state: 'again', missing: ['its record'], fingerprint: '' };
}

const nothing = (record: DeploymentRecord): Topology => ({
  deployment: record.name,
  cloud: record.cloud,
  scenario: 'basic',
  image: undefined,
  tenant: undefined,
  networks: [],
  clusters: [],
});

const missingOf = (step: Step): readonly string[] => (step.kind === 'await-cluster' ? step.waitingFor : [step.because]);
