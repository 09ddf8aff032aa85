/** What `apply` would do now, and why; changes nothing, on a machine where nothing is set up neither. */
import { planDeployment } from '../plan/plan.ts';
import type { Plan } from '../plan/step.ts';
import { deriveStatus } from '../status/derive-status.ts';
import type { CloudObservation } from '../status/observation.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster, type Topology } from '../topology/topology.ts';
import type { Context, HostNeed } from './context.ts';
import { readSpec } from './read-spec.ts';

export { describeStep } from '../plan/describe-step.ts';

export type PlanView = {
  readonly name: string;
  /** `apply` would change nothing. */
  readonly done: boolean;
  /** What the machine itself lacks for the local cloud; comes first. */
  readonly host: readonly HostNeed[];
  readonly plan: Plan;
  readonly topology: Topology;
};

/** Throws INVALID_INPUT, NOT_FOUND for an unknown cloud, NOT_SUPPORTED, CONFLICT while it is being deleted, and what the cloud refuses. */
export async function plan(
  context: Context,
  input: { readonly text: string; readonly cloud?: string },
): Promise<PlanView> {
  const spec = await readSpec(input.text, input.cloud);
  if (spec.cloud !== 'local') await context.cloud(spec.cloud);
  const host = spec.cloud === 'local' ? await context.host.missing() : [];
  const engine = await context.findEngine();
  // Without the host there is no cloud to look at, and so nothing in it; without a store nothing was applied.
  const blank = engine === undefined || host.some(({ part }) => part === 'host');
  const planned = blank ? planFromNothing(deriveTopology(spec, emptyRoster).topology) : await engine.planFor(spec);
  return { name: spec.name, done: host.length === 0 && planned.plan.state === 'done', host, ...planned };
}

const nothing: CloudObservation = {
  tenant: 'absent',
  credential: 'absent',
  networks: {},
  volumes: {},
  outside: {},
  nodes: {},
  strayNodes: [],
};

function planFromNothing(topology: Topology): { readonly topology: Topology; readonly plan: Plan } {
  const status = deriveStatus(topology, nothing, {}, 'present');
  return { topology, plan: planDeployment(topology, nothing, status) };
}
