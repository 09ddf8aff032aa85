/** What load balancers listen on and where it goes, and the service that does it. */
import type { DeploymentSpec, VipSpec } from '../spec/schema.ts';
import { parseTarget } from '../spec/target.ts';
import type { Listener, Service, Vip } from './topology.ts';

/** None without load balancers; with them, what `listen` says, or every one of `ports` to the same port behind. */
export function deriveListeners(spec: DeploymentSpec, vip: VipSpec): readonly Listener[] {
  if (spec.loadBalancers === undefined) return [];
  if (vip.listen.length === 0) return vip.ports.map((port) => ({ port, to: port, check: 'tcp' }));
  return vip.listen.map(({ port, to, check }) => {
    if (typeof to === 'number') return { port, to, check };
    const target = parseTarget(to);
    return { port, to: target.port ?? port, service: target.service, check };
  });
}

/**
 * HAProxy on every load balancer, and each VIP where one runs: a clone like any other. By its systemd unit,
 * because no stock OCF agent for HAProxy exists, and the unit's reload keeps connections.
 */
export const balancerService = (vips: readonly Vip[]): Service => ({
  name: 'haproxy',
  agent: { class: 'systemd', type: 'haproxy' },
  params: {},
  // Two seconds: a dead HAProxy on a living node takes its VIPs' traffic with it until Pacemaker looks.
  operations: [{ name: 'monitor', interval: '2s', timeout: '20s' }],
  run: 'clone',
  with: vips.filter(({ listen }) => listen.length > 0).map(({ name }) => name),
});

/** What HAProxy calls a port of a VIP. */
export const listenerName = (vip: string, port: number): string => `${vip}-${port}`;
