/** What is tried with a node's certificate: a table, each row a request that works for an administrator. */
import { apiPath } from '../../src/clouds/local/incus/client.ts';
import type { IncusRequest } from '../../src/clouds/local/incus/transport.ts';

/** A project beside the deployment's, with an instance of a name that the deployment has too. */
export const OTHER = 'quorate-foreign';

/** In `default` people have instances of their own, so there ours has a name that nobody else's has. */
export const foreignName = (project: string): string => (project === OTHER ? 'app-2' : 'quorate-foreign-default');

/** What an administrator can do, and a node must not. */
export type Attempt = readonly [
  what: string,
  request: (context: { readonly pool: string; readonly own: string; readonly bridge: string }) => IncusRequest,
];

export const onForeign: readonly Attempt[] = [OTHER, 'default'].flatMap((project): readonly Attempt[] => {
  const instance = (rest = '') => `${apiPath(['instances', foreignName(project)])}${rest}?project=${project}`;
  const stop = { action: 'stop', force: true, timeout: -1 };
  const exec = { command: ['true'], 'wait-for-websocket': false, interactive: false };
  return [
    [`list the instances of ${project}`, () => ({ method: 'GET', path: `/1.0/instances?project=${project}` })],
    [`read an instance of ${project}`, () => ({ method: 'GET', path: instance() })],
    [`read the state of an instance of ${project}`, () => ({ method: 'GET', path: instance('/state') })],
    [`stop an instance of ${project}`, () => ({ method: 'PUT', path: instance('/state'), body: stop })],
    [
      `stop every instance of ${project}`,
      () => ({ method: 'PUT', path: `/1.0/instances?project=${project}`, body: { state: stop } }),
    ],
    [
      `change an instance of ${project}`,
      () => ({ method: 'PATCH', path: instance(), body: { config: { 'user.x': 'y' } } }),
    ],
    [`run a command in an instance of ${project}`, () => ({ method: 'POST', path: instance('/exec'), body: exec })],
    [
      `read a file of an instance of ${project}`,
      () => ({ method: 'GET', path: `${instance('/files')}&path=/etc/hostname` }),
    ],
    [`delete an instance of ${project}`, () => ({ method: 'DELETE', path: instance() })],
    [
      `create an instance in ${project}`,
      () => ({
        method: 'POST',
        path: `/1.0/instances?project=${project}`,
        body: { name: 'x', source: { type: 'none' } },
      }),
    ],
    [
      `list the volumes of ${project}`,
      ({ pool }) => ({ method: 'GET', path: `/1.0/storage-pools/${pool}/volumes?project=${project}` }),
    ],
    [
      `create a volume in ${project}`,
      ({ pool }) => ({
        method: 'POST',
        path: `/1.0/storage-pools/${pool}/volumes/custom?project=${project}`,
        body: { name: 'x' },
      }),
    ],
    [
      `change the profile of ${project}`,
      () => ({ method: 'PATCH', path: `/1.0/profiles/default?project=${project}`, body: { description: 'x' } }),
    ],
    [`read the project ${project}`, () => ({ method: 'GET', path: `/1.0/projects/${project}` })],
    [
      `change the project ${project}`,
      () => ({ method: 'PATCH', path: `/1.0/projects/${project}`, body: { config: { 'user.x': 'y' } } }),
    ],
  ];
});

export const onServer: readonly Attempt[] = [
  [
    'delete the volume of another project',
    ({ pool }) => ({ method: 'DELETE', path: `/1.0/storage-pools/${pool}/volumes/custom/data?project=${OTHER}` }),
  ],
  ['create a project', () => ({ method: 'POST', path: '/1.0/projects', body: { name: 'quorate-mine' } })],
  ['delete another project', () => ({ method: 'DELETE', path: `/1.0/projects/${OTHER}?force=1` })],
  [
    'lift the restrictions of its own project',
    ({ own }) => ({ method: 'PATCH', path: `/1.0/projects/${own}`, body: { config: { restricted: 'false' } } }),
  ],
  [
    "change the server's configuration",
    () => ({ method: 'PATCH', path: '/1.0', body: { config: { 'core.https_address': '' } } }),
  ],
  ["replace the server's configuration", () => ({ method: 'PUT', path: '/1.0', body: { config: {} } })],
  ['create a network', () => ({ method: 'POST', path: '/1.0/networks', body: { name: 'qmine', type: 'bridge' } })],
  ['list the networks', () => ({ method: 'GET', path: '/1.0/networks' })],
  [
    'create a storage pool',
    () => ({ method: 'POST', path: '/1.0/storage-pools', body: { name: 'mine', driver: 'dir' } }),
  ],
  ['list the storage pools', () => ({ method: 'GET', path: '/1.0/storage-pools' })],
  [
    'change the storage pool',
    ({ pool }) => ({ method: 'PATCH', path: `/1.0/storage-pools/${pool}`, body: { description: 'x' } }),
  ],
  ['delete the storage pool', ({ pool }) => ({ method: 'DELETE', path: `/1.0/storage-pools/${pool}` })],
  ['list the warnings', () => ({ method: 'GET', path: '/1.0/warnings' })],
];

/** What a node must not put into an instance of its own project either: these would lead out of it. */
export const fromWithin: readonly Attempt[] = (
  [
    ['a directory of the host', { devices: { x: { type: 'disk', source: '/', path: '/mnt' } } }],
    ["the host's network", { devices: { x: { type: 'nic', nictype: 'macvlan', parent: 'lo' } } }],
    ['a socket of the host', { devices: { x: { type: 'proxy', connect: 'unix:/run/x', listen: 'tcp:127.0.0.1:1' } } }],
    ['privileges', { config: { 'security.privileged': 'true' } }],
    ['raw settings of LXC', { config: { 'raw.lxc': 'lxc.mount.entry = / mnt none bind 0 0' } }],
    ["the host's ids", { config: { 'raw.idmap': 'both 0 0' } }],
  ] as const
).map(([what, body]) => [
  `give its own instance ${what}`,
  ({ own }) => ({ method: 'PATCH', path: `/1.0/instances/app-1?project=${own}`, body }),
]);

/**
 * What Incus 6.0 shows to every client that it trusts: none of it belongs to a deployment but for names. Another
 * version may refuse it.
 */
export const shownToAll: readonly Attempt[] = [
  ["read the host's hardware", () => ({ method: 'GET', path: '/1.0/resources' })],
  ['read the profile of default', () => ({ method: 'GET', path: '/1.0/profiles/default?project=default' })],
  ['list the certificates', () => ({ method: 'GET', path: '/1.0/certificates?recursion=1' })],
  ['list the images', () => ({ method: 'GET', path: '/1.0/images?all-projects=true' })],
  ['list the operations', () => ({ method: 'GET', path: '/1.0/operations?all-projects=true&recursion=1' })],
  ['list the addresses', () => ({ method: 'GET', path: '/1.0/network-allocations?all-projects=true' })],
  ['read a bridge', ({ bridge }) => ({ method: 'GET', path: `/1.0/networks/${bridge}` })],
  ['read the storage pool', ({ pool }) => ({ method: 'GET', path: `/1.0/storage-pools/${pool}` })],
];
