/** One step of a plan, made real. Each may have been half done before, by a process that was killed. */
import { renderNodeBoots } from '../artefacts/node-boot.ts';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { assertNever, invariant } from '../kernel/invariant.ts';
import { asRefusal, Refusal } from '../kernel/refusal.ts';
import { describeStep } from '../plan/describe-step.ts';
import type { Step } from '../plan/step.ts';
import type { Cluster, Topology } from '../topology/topology.ts';
import { updateResources } from './cib-update.ts';
import { updateLoadBalancers } from './load-balancers.ts';
import { drainNode, forgetNode, stopMember, updateMembership } from './membership.ts';
import { memoryOf } from './memory.ts';
import { ensureSecrets, readSecrets } from './secrets/deployment-secrets.ts';
import type { Worker } from './worker.ts';

/** Records its start, and its end with the time it took. Throws what the cloud and the cluster refuse. */
export async function takeStep(worker: Worker, topology: Topology, step: Step): Promise<void> {
  const { clock, journal } = worker;
  const data = { step: step.kind };
  // A step that comes again in the next round is told once, with the reason it has then if that is another.
  await journal.change(`start ${step.kind}`, 'step-started', describeStep(step), { ...data, because: step.because });
  const before = clock.now();
  try {
    await act(worker, topology, step);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal !== undefined) {
      await journal.change(`end ${step.kind}`, 'step-failed', `${step.kind}: ${refusal.message}`, {
        ...data,
        code: refusal.code,
        retry: refusal.retry,
      });
    }
    throw error;
  }
  await journal.change(`end ${step.kind}`, 'step-finished', describeStep(step), {
    ...data,
    elapsedMs: clock.now() - before,
  });
}

async function act(worker: Worker, topology: Topology, step: Step): Promise<void> {
  const { cloud, deployment, journal } = worker;
  const access = async () => cloud.access(topology, await readSecrets(worker, deployment, clusterNames(topology)));
  switch (step.kind) {
    case 'ensure-tenant':
      return ensureTenant(worker, topology);
    case 'ensure-ground':
      return cloud.ensureGround(topology);
    case 'decide-attach':
      return decideAttach(worker, topology, step.volumes);
    case 'remember':
      return remember(worker, topology);
    case 'boot-nodes':
      return bootNodes(worker, withMembers(topology, step.members), step.nodes);
    case 'await-cluster':
      return;
    case 'update-resources':
      return updateResources(await access(), deployment, clusterOf(topology, step.cluster));
    case 'update-load-balancers':
      return updateLoadBalancers(await access(), topology, clusterOf(topology, step.cluster), step.nodes);
    case 'update-membership':
      return updateMembership(await access(), topology, clusterOf(topology, step.cluster), step.members);
    case 'drain-node':
      return drainNode(await access(), clusterOf(topology, step.cluster), step.node);
    case 'stop-member':
      return stopMember(await access(), step.node);
    case 'forget-node':
      return forgetNode(await access(), clusterOf(topology, step.cluster), step.node);
    case 'remove-nodes':
      return cloud.removeNodes(deployment, step.nodes);
    case 'remove-all': {
      const removed: string[] = [];
      await cloud.removeAll(deployment, (what) => removed.push(what));
      if (removed.length > 0) await journal.tell('removed', `removed ${removed.join(', ')}`, { removed });
      return;
    }
    default:
      return assertNever(step);
  }
}

function clusterOf(topology: Topology, name: string): Cluster {
  const cluster = topology.clusters.find((each) => each.name === name);
  invariant(cluster, `the plan names a cluster of the topology, not ${name}`);
  return cluster;
}

/** What a node must know that boots into a cluster whose other members are not all listed yet. */
const withMembers = (topology: Topology, names: readonly string[]): Topology => ({
  ...topology,
  clusters: topology.clusters.map((cluster) =>
    cluster.members.some(({ name }) => names.includes(name))
      ? { ...cluster, members: cluster.members.filter(({ name }) => names.includes(name)) }
      : cluster,
  ),
});

async function ensureTenant(worker: Worker, topology: Topology): Promise<void> {
  const found = await worker.cloud.preflight(topology);
  const errors = found.filter((each) => each.severity === 'error');
  if (errors.length > 0) throw preflightRefusal(errors);
  await worker.cloud.ensureTenant(topology, await secretsOf(worker, topology));
}

async function bootNodes(worker: Worker, topology: Topology, nodes: readonly string[]): Promise<void> {
  const secrets = await secretsOf(worker, topology);
  const access = await worker.cloud.nodeAccess(topology, secrets);
  const boots = renderNodeBoots(topology, secrets, access).filter((boot) => nodes.includes(boot.node.name));
  await worker.cloud.ensureNodes(topology, boots);
}

const secretsOf = (worker: Worker, topology: Topology) => ensureSecrets(worker, worker.held, clusterNames(topology));

const clusterNames = (topology: Topology): readonly string[] => topology.clusters.map((cluster) => cluster.name);

/** Decided once: a volume that is attached one way cannot be attached another way later. */
async function decideAttach(worker: Worker, topology: Topology, volumes: readonly string[]): Promise<void> {
  const { store, deployment, clock } = worker;
  const record = await store.get(deployment);
  if (record === undefined) return;
  const decided = await worker.cloud.decideAttach(topology);
  const attach = { ...record.roster.attach, ...Object.fromEntries(volumes.map((volume) => [volume, decided])) };
  const message = `${volumes.join(', ')}: ${decided}`;
  const event = { deployment, at: clock.now(), kind: 'decided', message, data: { attach: decided, volumes } };
  // Somebody's newer wish is looked at in the next round.
  const saved = await store.save({ ...record, roster: { ...record.roster, attach } }, record.generation, event);
  if (saved !== undefined) worker.journal.pass(saved);
}

async function remember(worker: Worker, topology: Topology): Promise<void> {
  const record = await worker.store.get(worker.deployment);
  if (record !== undefined) await worker.cloud.remember?.(topology, await memoryOf(worker.store, record));
}

function preflightRefusal(errors: readonly Diagnostic[]): Refusal {
  const hints = errors.flatMap((each) => (each.hint === undefined ? [] : [each.hint]));
  return new Refusal('CLOUD_REFUSED', errors.map((each) => each.message).join('; '), {
    retry: 'never',
    next: hints.length > 0 ? hints.join('; ') : 'make room for it in the cloud, then run the same command again',
    data: { diagnostics: errors },
  });
}
