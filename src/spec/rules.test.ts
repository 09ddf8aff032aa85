import { describe, expect, it } from 'vitest';
import { validateSpec } from './rules.ts';
import { DeploymentSpec } from './schema.ts';

const problems = (given: object) =>
  validateSpec(DeploymentSpec.parse({ apiVersion: 'quorate/v1', name: 'billing', ...given })).map(
    ({ code, path }) => `${code} ${path.join('.')}`,
  );

const web = { name: 'web', ports: [80] };
const data = { name: 'data', sizeGiB: 1, mount: '/srv/data' };
const www = { name: 'www', agent: 'systemd:nginx' };

/** The wrong ones, and what they say, stand in `test/invalid`. */
describe('validateSpec allows', () => {
  it.each<[string, object]>([
    ['a two-node cluster', { cluster: { nodes: 2 } }],
    ['an even number of nodes', { cluster: { nodes: 16 } }],
    ['32 members that are the core of roles', { cluster: { nodes: 32 }, roles: { web: {} } }],
    [
      'a service with a VIP and a volume',
      { vips: [web], storage: [data], services: [{ ...www, with: ['web', 'data'] }] },
    ],
    [
      'a clone with a share, which is on every node',
      {
        storageCluster: { shares: [{ name: 'docs', sizeGiB: 1, mount: '/srv/docs' }] },
        services: [{ ...www, clone: true, with: ['docs'] }],
      },
    ],
    ['a clone with a VIP', { vips: [web], services: [{ ...www, clone: true, with: ['web'] }] }],
    ['a service that is named as a clone of nobody', { services: [{ ...www, name: 'www-clone' }] }],
    ['mounts whose names only start alike', { storage: [data, { ...data, name: 'more', mount: '/srv/data2' }] }],
    [
      'the same mount on the nodes of different roles',
      {
        roles: { one: {}, two: {} },
        storage: [
          { ...data, role: 'one' },
          { ...data, name: 'more', role: 'two' },
        ],
      },
    ],
    ['a mount inside /var/lib', { storage: [{ ...data, mount: '/var/lib/pgsql' }] }],
    ['the same port on two VIPs', { vips: [web, { ...web, name: 'api' }] }],
    ['load balancers that listen on `ports`', { loadBalancers: {}, vips: [web], services: [{ ...www, clone: true }] }],
    [
      'a listener that leads to a service',
      { loadBalancers: {}, vips: [{ name: 'web', listen: [{ port: 80, to: 'www' }] }], services: [www] },
    ],
    ['storage without load balancers', { storageCluster: { shares: [data] } }],
    [
      'a VIP, a volume and a service of one role',
      {
        roles: { web: { services: [{ ...www, with: ['web', 'data'] }] } },
        vips: [{ ...web, role: 'web' }],
        storage: [{ ...data, role: 'web' }],
      },
    ],
    ['a /16 and a /21 of private space', { networks: { range: '172.31.0.0/16' } }],
    [
      'monitors of different intervals',
      { services: [{ ...www, operations: { monitor: [{ interval: '10s' }, { interval: '11s' }] } }] },
    ],
  ])('%s', (_, given) => expect(problems(given)).toEqual([]));
});

describe('validateSpec refuses', () => {
  it.each<[string, object, string]>([
    ['17 members without roles', { cluster: { nodes: 17 } }, 'too-many-members cluster.nodes'],
    ['a range below private space', { networks: { range: '172.32.0.0/16' } }, 'range-public networks.range'],
    ['a range larger than a /16', { networks: { range: '10.0.0.0/15' } }, 'range-size networks.range'],
    [
      'a promotable service with a volume',
      { storage: [data], services: [{ ...www, agent: 'ocf:a:b', promotable: true, with: ['data'] }] },
      'clone-with-volume services.0.with.0',
    ],
    [
      'a promotable systemd unit',
      { services: [{ ...www, promotable: true }] },
      'systemd-promotable services.0.promotable',
    ],
    [
      "a role's service named like a member's",
      { services: [www], roles: { web: { services: [www] } } },
      'duplicate-name roles.web.services.0.name',
    ],
    [
      'a share named like a volume',
      { storage: [data], storageCluster: { shares: [{ ...data, mount: '/srv/x' }] } },
      'duplicate-name storageCluster.shares.0.name',
    ],
    [
      "a service of the members with a role's VIP",
      { roles: { web: {} }, vips: [{ ...web, role: 'web' }], services: [{ ...www, with: ['web'] }] },
      'with-elsewhere services.0.with.0',
    ],
    ['a volume of a role that is not there', { storage: [{ ...data, role: 'web' }] }, 'unknown-name storage.0.role'],
    ['a mount over /var/lib', { storage: [{ ...data, mount: '/var/lib' }] }, 'system-directory storage.0.mount'],
  ])('%s', (_, given, told) => expect(problems(given)).toEqual([told]));
});
