/** A step in words, the same wherever it is told: events, plans, progress. */
import { assertNever } from '../kernel/invariant.ts';
import type { Step } from './step.ts';

export const describeAwait = (cluster: string): string => `cluster ${cluster} comes up`;

/** What a step does, for people. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'ensure-tenant':
      return 'make the tenant and its credential';
    case 'ensure-ground':
      return step.missing.length === 0 ? 'take back outside addresses' : `make ${step.missing.join(', ')}`;
    case 'decide-attach':
      return `find out how ${step.volumes.join(', ')} can be attached`;
    case 'remember':
      return 'keep the specification with the deployment';
    case 'boot-nodes':
      return `boot ${step.nodes.join(', ')}`;
    case 'await-cluster':
      return describeAwait(step.cluster);
    case 'update-resources':
      return `update the resources of cluster ${step.cluster}`;
    case 'update-load-balancers':
      return `give ${step.nodes.join(', ')} another haproxy.cfg`;
    case 'update-membership':
      return `make ${step.members.join(', ')} the members of cluster ${step.cluster}`;
    case 'drain-node':
      return `move everything off ${step.node}`;
    case 'stop-member':
      return `stop Pacemaker and corosync on ${step.node}`;
    case 'forget-node':
      return `forget ${step.node}`;
    case 'remove-nodes':
      return `remove ${step.nodes.join(', ')}`;
    case 'remove-all':
      return 'remove everything of the deployment';
    default:
      return assertNever(step);
  }
}
