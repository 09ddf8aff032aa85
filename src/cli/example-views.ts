/** A deployment as the tests of rendering see it: three nodes, one of them with all the work. */
import type { Summary } from '../commands/apply.ts';
import type { NodeView, StatusView } from '../commands/status-view.ts';

const idle = { vips: [], volumes: [], services: [] };

const node = (id: number, more: Partial<NodeView> = {}): NodeView => ({
  name: `app-${id}`,
  cluster: 'app',
  tier: 'app',
  kind: 'member',
  state: 'online',
  dc: false,
  addresses: [
    { network: 'cluster', address: `10.58.0.${10 + id}`, prefix: 24 },
    { network: 'services', address: `10.58.1.${10 + id}`, prefix: 24 },
  ],
  holds: idle,
  ...more,
});

export const readyView: StatusView = {
  name: 'billing',
  state: 'ready',
  because: 'every node is online, fencing is armed and every resource runs',
  cloud: 'local',
  generation: 1,
  desired: 'present',
  createdAt: '2026-01-31T10:00:00.000Z',
  updatedAt: '2026-01-31T10:00:00.000Z',
  clusters: [{ name: 'app', reachable: true, quorate: true, fencing: 'armed', dc: 'app-1', members: 3, online: 3 }],
  nodes: [node(1, { dc: true }), node(2, { holds: { vips: ['web'], volumes: ['data'], services: ['www'] } }), node(3)],
  vips: [{ name: 'web', address: '10.58.1.200', outside: '172.29.77.8', ports: [80], heldBy: 'app-2' }],
  listeners: [],
  volumes: [{ name: 'data', sizeGiB: 1, mount: '/srv/data', state: 'present', mountedOn: 'app-2' }],
  services: [{ name: 'www', cluster: 'app', state: 'started', nodes: ['app-2'], promotedOn: [] }],
  hosts: [],
  failures: [],
  fencing: [],
};

/** app-2 was lost, and app-3 has taken over. */
export const degradedView: StatusView = {
  ...readyView,
  state: 'degraded',
  because: 'app-2 is unclean',
  clusters: readyView.clusters.map((cluster) => ({ ...cluster, online: 2 })),
  nodes: [
    node(1, { dc: true }),
    node(2, { state: 'unclean' }),
    node(3, { holds: { vips: ['web'], volumes: ['data'], services: ['www'] } }),
  ],
  vips: readyView.vips.map((vip) => ({ ...vip, heldBy: 'app-3' })),
  volumes: readyView.volumes.map((volume) => ({ ...volume, mountedOn: null })),
  services: readyView.services.map((service) => ({ ...service, nodes: ['app-3'] })),
  failures: [{ what: 'www_start_0', node: 'app-3', reason: 'Timed Out' }],
  fencing: [{ target: 'app-2', action: 'reboot', state: 'pending', completed: '' }],
};

/** One load balancer in front of two nodes, of which one does not answer. */
export const balancedView: StatusView = {
  ...readyView,
  clusters: [
    { name: 'app', reachable: true, quorate: true, fencing: 'armed', dc: 'app-1', members: 2, online: 2 },
    { name: 'lb', reachable: true, quorate: true, fencing: 'armed', dc: 'lb-1', members: 1, online: 1 },
  ],
  nodes: [
    node(1, { dc: true, holds: { ...idle, services: ['www'] } }),
    node(2, { holds: { ...idle, services: ['www'] } }),
    node(1, { name: 'lb-1', cluster: 'lb', tier: 'lb', dc: true, holds: { ...idle, vips: ['web'] } }),
  ],
  vips: readyView.vips.map((vip) => ({ ...vip, heldBy: 'lb-1' })),
  listeners: [{ vip: 'web', port: 80, answering: ['app-1'], silent: ['app-2'] }],
  volumes: [],
  services: [{ name: 'www', cluster: 'app', state: 'started', nodes: ['app-1', 'app-2'], promotedOn: [] }],
};

export const summary: Summary = {
  status: readyView,
  changed: true,
  parts: [
    { part: 'host', elapsedMs: 120, changed: false },
    { part: 'image', elapsedMs: 40, changed: false },
    { part: 'ground', elapsedMs: 900, changed: true },
    { part: 'boot', elapsedMs: 1400, changed: true },
    { part: 'cluster', elapsedMs: 11_040, changed: true },
  ],
  totalMs: 13_500,
  outside: [{ vip: 'web', address: '172.29.77.8', port: 80, answers: true, elapsedMs: 2 }],
};
