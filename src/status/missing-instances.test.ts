import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../spec/schema.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import { missingInstances } from './missing-instances.ts';
import { type CrmMon, type MemberView, parseCrmMon } from './parse-crm-mon.ts';

const recorded = readFileSync(join(import.meta.dirname, 'recorded', 'promotable-and-broken.xml'), 'utf8');
const onApp3 = /<resource id="www"[^>]*>\s*<node name="app-3"[^>]*>\s*<\/resource>/;

const services = [
  { name: 'www', agent: 'systemd:nginx', clone: true },
  { name: 'state', agent: 'ocf:pacemaker:Stateful', promotable: true },
];
const clusterOf = (more: object = {}) => {
  const spec = DeploymentSpec.parse({ apiVersion: 'quorate/v1', name: 'rec', services, ...more });
  const [cluster] = deriveTopology(spec, emptyRoster).topology.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  return cluster;
};
const seen = (xml: string): CrmMon => {
  const view = parseCrmMon(xml);
  if (view === undefined) throw new Error('not what crm_mon prints');
  return view;
};

describe('missingInstances', () => {
  it('finds none where every node has its instance', () => {
    expect(missingInstances(clusterOf(), seen(recorded))).toEqual([]);
  });

  it('names the online node that has none', () => {
    const view = seen(recorded.replace(onApp3, ''));
    expect(missingInstances(clusterOf(), view)).toEqual([{ id: 'www-clone', node: 'app-3' }]);
  });

  it('expects nothing of a node that is not there for it', () => {
    const view = seen(recorded.replace(onApp3, ''));
    const member = view.nodes.get('app-3') as MemberView;
    const unfit = [{ online: false }, { standby: true }, { maintenance: true }, { pending: true }, { unclean: true }];
    for (const change of unfit) {
      const nodes = new Map([...view.nodes, ['app-3', { ...member, ...change }] as const]);
      expect(missingInstances(clusterOf(), { ...view, nodes })).toEqual([]);
    }
  });

  it('expects an instance of a role on each of its remote nodes, and on no member', () => {
    const cluster = clusterOf({ services: [], roles: { web: { nodes: 2, services: [services[0]] } } });
    const view = seen(recorded);
    const [member] = [...view.nodes.values()];
    const remote: MemberView = { ...(member as MemberView), kind: 'remote' };
    const nodes = new Map([...view.nodes, ...cluster.remotes.map(({ name }) => [name, remote] as const)]);
    expect(missingInstances(cluster, { ...view, nodes })).toEqual([
      { id: 'www-clone', node: 'web-1' },
      { id: 'www-clone', node: 'web-2' },
    ]);
  });

  it('leaves a clone alone that stopped everywhere, is not ours, or is in constraints of the person', () => {
    const view = seen(recorded.replace(onApp3, ''));
    const raw = { constraints: '<rsc_location id="here" rsc="www-clone" node="app-3" score="-INFINITY"/>' };
    expect(missingInstances(clusterOf({ raw }), view)).toEqual([]);
    expect(missingInstances(clusterOf({ services: [] }), view)).toEqual([]);
    const stopped = view.resources.map((resource) => ({ ...resource, nodes: [] }));
    expect(missingInstances(clusterOf(), { ...view, resources: stopped })).toEqual([]);
  });
});
