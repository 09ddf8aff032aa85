import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../spec/schema.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import { deriveStatus } from './derive-status.ts';
import type { CloudObservation, NodePower } from './observation.ts';

const spec = DeploymentSpec.parse({
  apiVersion: 'quorate/v1',
  name: 'rec',
  vips: [{ name: 'primary', external: 'none' }],
  services: [{ name: 'broken', agent: 'systemd:nosuch' }],
});
const { topology } = deriveTopology(spec, emptyRoster);
const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'recorded', `${name}.xml`), 'utf8');

function cloudWith(powers: Readonly<Record<string, NodePower['state']>>): CloudObservation {
  return {
    tenant: 'present',
    credential: 'present',
    networks: { cluster: 'present', services: 'present' },
    volumes: {},
    outside: {},
    nodes: Object.fromEntries(
      ['app-1', 'app-2', 'app-3'].map((name) => [name, { state: powers[name] ?? 'running', detail: '' }]),
    ),
    strayNodes: [],
  };
}

const statusOf = (crmMonXml: string | undefined, powers: Readonly<Record<string, NodePower['state']>> = {}) =>
  deriveStatus(
    topology,
    cloudWith(powers),
    crmMonXml === undefined ? {} : { app: { node: 'app-1', crmMonXml, nodelist: undefined, appliedDigest: 'd' } },
    'present',
  );

describe('deriveStatus', () => {
  it('names what keeps a quorate deployment from being ready', () => {
    expect(statusOf(recorded('promotable-and-broken'))).toMatchObject({
      state: 'degraded',
      because: 'broken is stopped',
      clusters: [{ quorate: true, fencing: 'armed', dc: 'app-3' }],
      vips: [{ name: 'primary', heldBy: 'app-2' }],
    });
  });

  it('is ready when every node is online and everything runs', () => {
    const healthy = recorded('after-fencing')
      .replace('role="Stopped"', 'role="Started"')
      .replace(/(id="broken"[^>]*)\/>/, '$1><node name="app-1"/></resource>');
    expect(statusOf(healthy)).toMatchObject({ state: 'ready' });
  });

  it('is degraded while a clone does not run on a node that it belongs on', () => {
    const www = { name: 'www', agent: 'systemd:nginx', clone: true };
    const cloned = deriveTopology(DeploymentSpec.parse({ ...spec, services: [www] }), emptyRoster).topology;
    const seen = recorded('promotable-and-broken')
      .replace(/<resource id="broken".*/, '')
      .replace(/(<resource id="www".*)role="Started"(.*\s*<node name="app-3")/, '$1role="Stopped"$2');
    const app = { node: 'app-1', crmMonXml: seen, nodelist: undefined, appliedDigest: 'd' };
    expect(deriveStatus(cloned, cloudWith({}), { app }, 'present')).toMatchObject({
      state: 'degraded',
      because: 'www-clone does not run on app-3',
    });
  });

  it('calls a member unclean that is to be fenced, whether or not it still runs', () => {
    for (const power of ['stopped', 'running'] as const)
      expect(statusOf(recorded('member-to-be-fenced'), { 'app-2': power }).nodes['app-2']).toEqual({
        state: 'unclean',
      });
  });

  it('calls a member unclean that stopped before the cluster has noticed', () => {
    expect(statusOf(recorded('after-fencing'), { 'app-3': 'stopped' }).nodes['app-3']).toEqual({ state: 'unclean' });
  });

  it('does not speak of fencing where a partition without quorum has merely not seen the others yet', () => {
    const starting = recorded('no-quorum')
      .replaceAll('online="false"', 'online="false" x="y"')
      .replace(/(name="app-2"[^>]*)unclean="false"/, '$1unclean="true"');
    const status = statusOf(starting);
    expect(status.nodes['app-2']).toEqual({ state: 'offline' });
    expect(status).toMatchObject({ state: 'down', because: 'cluster app has no quorum, so it runs nothing' });
  });

  it('is down when nobody answers, and creating while nodes are missing', () => {
    expect(statusOf(undefined)).toMatchObject({ state: 'down', because: 'no member of cluster app answers' });
    expect(statusOf(undefined, { 'app-3': 'absent' })).toMatchObject({
      state: 'creating',
      because: 'app-3 does not exist yet',
    });
  });

  it('lists members that the topology does not know as leaving', () => {
    const renamed = recorded('after-fencing').replaceAll('name="app-3"', 'name="app-9"');
    expect(statusOf(renamed).clusters[0]?.leaving).toEqual({ 'app-9': { state: 'online' } });
  });
});
