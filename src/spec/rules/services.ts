/** One service by itself: does its agent allow what is asked of it. */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec, ServiceSpec } from '../schema.ts';
import { allServices, type Path, problem, repeated } from './problem.ts';

export const serviceProblems = (spec: DeploymentSpec): readonly Diagnostic[] =>
  allServices(spec).flatMap(({ service, path }) => [
    ...agentProblems(service, path),
    ...Object.keys(service.operations).flatMap((name) =>
      operationProblems(service, name, [...path, 'operations', name]),
    ),
  ]);

const addressAgents = /^ocf:heartbeat:(IPaddr2?|IPv6addr|IPsrcaddr)$/;

function agentProblems({ agent, params, promotable }: ServiceSpec, path: Path): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if (addressAgents.test(agent))
    found.push(
      problem(
        'address-as-service',
        [...path, 'agent'],
        'an address that the cloud does not know of reaches no node',
        'write it as a VIP: `vips: [{name: web, ports: [80]}]`, and name it in `with`',
      ),
    );
  if (!agent.startsWith('systemd:')) return found;
  if (Object.keys(params).length > 0)
    found.push(
      problem(
        'systemd-params',
        [...path, 'params'],
        'a systemd unit takes no parameters',
        'remove `params`, and configure the unit by a file (`files` of its cluster or role)',
      ),
    );
  if (promotable)
    found.push(
      problem(
        'systemd-promotable',
        [...path, 'promotable'],
        'a systemd unit cannot be promoted',
        'write `clone: true`, or use an OCF agent that knows how to promote',
      ),
    );
  return found;
}

function operationProblems(service: ServiceSpec, name: string, path: Path): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if ((name === 'promote' || name === 'demote') && !service.promotable)
    found.push(
      problem(
        'not-promotable',
        path,
        `\`${name}\` is for promotable services only`,
        'add `promotable: true`, or remove this operation',
      ),
    );
  const given = service.operations[name as keyof ServiceSpec['operations']];
  if (!Array.isArray(given)) return found;
  // Pacemaker tells operations apart by name and interval alone.
  const twice = repeated(
    given.map((operation, index) => ({ interval: operation.interval ?? '', path: [...path, index] })),
    ({ interval }) => interval,
  );
  for (const [later] of twice)
    found.push(
      problem(
        'same-interval',
        later.path,
        `two \`${name}\` operations have ${later.interval === '' ? 'no interval' : `the interval ${later.interval}`}`,
        'give each an interval of its own, like 10s and 11s',
      ),
    );
  return found;
}
