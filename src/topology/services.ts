/** A service as the person wrote it -> the service as Pacemaker's resource needs it. */
import type { ServiceSpec } from '../spec/schema.ts';
import type { Operation, Service } from './topology.ts';

export function deriveService(service: ServiceSpec, role?: string): Service {
  const [agentClass, providerOrType = '', type] = service.agent.split(':');
  return {
    name: service.name,
    agent:
      agentClass === 'ocf' && type !== undefined
        ? { class: 'ocf', provider: providerOrType, type }
        : { class: 'systemd', type: providerOrType },
    params: service.params,
    operations: Object.entries(service.operations).flatMap(([name, written]) =>
      (Array.isArray(written) ? written : [written]).map((operation) => deriveOperation(name, operation)),
    ),
    run: service.promotable ? 'promotable' : service.clone ? 'clone' : 'single',
    with: service.with,
    ...(role === undefined ? {} : { role }),
  };
}

function deriveOperation(
  name: string,
  {
    interval,
    timeout,
    onFail,
    role,
  }: {
    interval?: string | undefined;
    timeout?: string | undefined;
    onFail?: string | undefined;
    role?: string | undefined;
  },
): Operation {
  return {
    name,
    ...(interval === undefined ? {} : { interval }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(onFail === undefined ? {} : { onFail }),
    ...(role === undefined ? {} : { role }),
  };
}
