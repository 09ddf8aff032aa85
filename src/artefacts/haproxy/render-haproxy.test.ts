import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../../spec/schema.ts';
import { deriveTopology } from '../../topology/derive.ts';
import { emptyRoster } from '../../topology/topology.ts';
import { haproxyDigest, renderHaproxy } from './render-haproxy.ts';

function rendered(change: object = {}) {
  const spec = DeploymentSpec.parse({
    apiVersion: 'quorate/v1',
    name: 'x',
    cluster: { nodes: 2 },
    loadBalancers: {},
    vips: [{ name: 'web', ports: [80] }],
    ...change,
  });
  const { topology } = deriveTopology(spec, emptyRoster);
  const cluster = topology.clusters.find(({ name }) => name === 'lb');
  if (cluster === undefined) throw new Error('no load balancers');
  return { text: renderHaproxy(topology, cluster), digest: haproxyDigest(topology, cluster) };
}

const servers = (text: string) => [...text.matchAll(/^ +server (.*)$/gm)].map(([, line]) => line?.split(' ')[0]);

describe('haproxy.cfg', () => {
  it('has the nodes of the role behind a service of that role, and the core behind none of them', () => {
    const roles = {
      front: { nodes: 2, services: [{ name: 'www', agent: 'systemd:nginx', clone: true }] },
      back: { nodes: 1, services: [{ name: 'work', agent: 'systemd:work' }] },
    };
    const listening = (listener: object, role?: string) =>
      servers(rendered({ roles, vips: [{ name: 'web', listen: [listener], role }] }).text);
    expect(listening({ port: 80, to: 'www:8080' })).toEqual(['front-1', 'front-2']);
    expect(listening({ port: 80, to: 'work' })).toEqual(['back-1']);
    expect(listening({ port: 80, to: 8080 }, 'back')).toEqual(['back-1']);
    expect(listening({ port: 80, to: 8080 })).toEqual(['core-1', 'core-2']);
  });

  it('tells HTTP a client only the address that was seen', () => {
    const http = (clientAddress: string) =>
      rendered({
        loadBalancers: { clientAddress },
        vips: [{ name: 'web', listen: [{ port: 80, to: 80, check: { http: '/' } }] }],
      }).text;
    const seen = http('x-forwarded-for');
    expect(seen.indexOf('del-header X-Forwarded-For')).toBeLessThan(seen.indexOf('option forwardfor'));
    expect(seen).toContain('option forwardfor');
    expect(http('none')).not.toContain('orward');
  });

  it('describes itself by a digest that any change changes, but for load balancers that come or go', () => {
    const { text, digest } = rendered();
    expect(text).toContain(`description quorate-${digest}\n`);
    expect(rendered().digest).toBe(digest);
    expect(rendered({ loadBalancers: { nodes: 5 } }).digest).toBe(digest);
    for (const change of [
      { cluster: { nodes: 3 } },
      { vips: [{ name: 'web', ports: [81] }] },
      { loadBalancers: { balance: 'source' } },
    ])
      expect(rendered(change).digest).not.toBe(digest);
  });
});
