import { describe, expect, it } from 'vitest';
import { cibDigest } from '../artefacts/cib/render-cib.ts';
import { DeploymentSpec } from '../spec/schema.ts';
import type { CloudObservation } from '../status/observation.ts';
import type { ClusterStatus, DeploymentStatus, NodeStatus } from '../status/status.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import { planDeployment, planRemoval } from './plan.ts';

const spec = DeploymentSpec.parse({
  apiVersion: 'quorate/v1',
  name: 'x',
  vips: [{ name: 'web', ports: [80, 443] }],
  storage: [{ name: 'data', sizeGiB: 1, mount: '/srv/data' }],
});
const { topology } = deriveTopology(spec, emptyRoster);
const nodes = ['app-1', 'app-2', 'app-3'];
const same = <T>(value: T): Record<string, T> => Object.fromEntries(nodes.map((name) => [name, value]));

const full: CloudObservation = {
  tenant: 'present',
  credential: 'present',
  networks: { cluster: 'present', services: 'present' },
  volumes: { data: 'present' },
  outside: { web: { address: '172.29.77.10', ports: [443, 80] } },
  nodes: same({ state: 'running' }),
  strayNodes: [],
};
const cluster: ClusterStatus = {
  name: 'app',
  reachable: true,
  quorate: true,
  dc: 'app-1',
  fencing: 'armed',
  resources: [{ id: 'vip-web', agent: 'ocf:heartbeat:IPaddr2', nodes: ['app-1'], state: 'started', promotedOn: [] }],
  missingInstances: [],
  failures: [],
  fencingHistory: [],
  corosyncMembers: nodes,
  leaving: {},
  leavingRemotes: {},
  appliedDigest: topology.clusters[0] === undefined ? '' : cibDigest('x', topology.clusters[0]),
};
const ready: DeploymentStatus = {
  deployment: 'x',
  state: 'ready',
  because: '',
  nodes: same({ state: 'online' }),
  clusters: [cluster],
  vips: [],
  listeners: [],
  volumes: [],
  hosts: [],
};
const withCluster = (change: Partial<ClusterStatus>): DeploymentStatus => ({
  ...ready,
  clusters: [{ ...cluster, ...change }],
});
const plan = (cloud: Partial<CloudObservation>, status: DeploymentStatus = ready) =>
  planDeployment(topology, { ...full, ...cloud }, status);
const kinds = (result: ReturnType<typeof plan>) =>
  result.state === 'steps' ? result.steps.map(({ kind }) => kind) : [result.state];

describe('planDeployment', () => {
  it('has nothing left to do when everything is as it should be', () => {
    expect(plan({})).toEqual({ state: 'done' });
  });

  it('makes tenant, ground and nodes, in this order, where there is nothing', () => {
    const nothing = {
      tenant: 'absent',
      credential: 'absent',
      networks: {},
      volumes: {},
      outside: {},
      nodes: {},
    } as const;
    const result = plan(nothing, {
      ...withCluster({ reachable: false, corosyncMembers: undefined }),
      nodes: same({ state: 'absent' }),
    });
    expect(kinds(result)).toEqual(['ensure-tenant', 'ensure-ground', 'boot-nodes']);
    expect(result).toMatchObject({
      steps: [
        {},
        { missing: ['network cluster', 'network services', 'volume data', 'outside address of VIP web'] },
        { nodes },
      ],
    });
  });

  it('names the one thing of the ground that is missing', () => {
    expect(plan({ networks: { cluster: 'present' } })).toMatchObject({
      steps: [{ kind: 'ensure-ground', missing: ['network services'] }],
    });
  });

  it('maps an outside address again when its ports changed', () => {
    expect(kinds(plan({ outside: { web: { address: '172.29.77.10', ports: [80] } } }))).toEqual(['ensure-ground']);
  });

  it('takes back the outside address of a VIP that is not wanted any more, even when nothing is missing', () => {
    const old = { address: '172.29.77.11', ports: [8081] };
    expect(plan({ outside: { web: { address: '172.29.77.10', ports: [443, 80] }, old } })).toEqual({
      state: 'steps',
      steps: [
        {
          kind: 'ensure-ground',
          missing: [],
          because: 'no longer in the specification: outside address of VIP old',
        },
      ],
    });
  });

  it('boots a node that vanished or was shut down, and leaves one to be fenced to the cluster', () => {
    const gone = { ...ready, nodes: { ...ready.nodes, 'app-2': { state: 'absent' as const } } };
    expect(plan({}, gone)).toMatchObject({ steps: [{ kind: 'boot-nodes', nodes: ['app-2'] }] });
    const unclean = { ...ready, nodes: { ...ready.nodes, 'app-2': { state: 'unclean' as const } } };
    expect(plan({}, unclean)).toMatchObject({ steps: [{ kind: 'await-cluster', waitingFor: ['app-2 (unclean)'] }] });
  });

  it('waits for quorum before it touches resources', () => {
    expect(kinds(plan({}, withCluster({ quorate: false, appliedDigest: 'old' })))).toEqual(['await-cluster']);
    expect(kinds(plan({}, withCluster({ appliedDigest: 'old' })))).toEqual(['update-resources']);
  });

  it('waits for fencing to be armed', () => {
    expect(plan({}, withCluster({ fencing: 'failed' }))).toMatchObject({
      steps: [{ waitingFor: ['fencing (failed)'] }],
    });
  });

  it('says why a resource does not run', () => {
    const stopped = { id: 'www', agent: 'systemd:nginx', nodes: [], state: 'stopped' as const, promotedOn: [] };
    const failures = [{ what: 'www_start_0', node: 'app-1', reason: 'bad configuration' }];
    expect(plan({}, withCluster({ resources: [stopped], failures }))).toMatchObject({
      steps: [{ waitingFor: ['www (stopped; on app-1: bad configuration)'] }],
    });
  });

  it('waits for every instance of a clone, and says why one does not run', () => {
    const missingInstances = [
      { id: 'www-clone', node: 'app-1' },
      { id: 'www-clone', node: 'app-2' },
    ];
    const failures = [{ what: 'www_start_0', node: 'app-2', reason: 'bad configuration' }];
    expect(plan({}, withCluster({ missingInstances, failures }))).toMatchObject({
      steps: [{ waitingFor: ['www-clone on app-1', 'www-clone on app-2 (bad configuration)'] }],
    });
  });

  it('leaves a node in standby alone', () => {
    expect(plan({}, { ...ready, nodes: { ...ready.nodes, 'app-3': { state: 'standby' } } })).toEqual({ state: 'done' });
  });

  it('boots nobody whom the living members do not list, and has him listed first', () => {
    const alone = { ...ready.nodes, 'app-3': { state: 'absent' as const } };
    const listedTwo = { ...withCluster({ corosyncMembers: ['app-1', 'app-2'] }), nodes: alone };
    expect(plan({}, listedTwo)).toMatchObject({
      steps: [{ kind: 'update-membership', members: ['app-1', 'app-2', 'app-3'] }],
    });
    expect(plan({}, { ...ready, nodes: alone })).toMatchObject({ steps: [{ kind: 'boot-nodes', nodes: ['app-3'] }] });
  });

  it('lets nobody join while a member is ill', () => {
    const ill = { ...ready.nodes, 'app-2': { state: 'unclean' as const }, 'app-3': { state: 'absent' as const } };
    const result = plan({}, { ...withCluster({ corosyncMembers: ['app-1', 'app-2'] }), nodes: ill });
    expect(result).toMatchObject({ steps: [{ kind: 'await-cluster', waitingFor: ['app-2 (unclean)'] }] });
  });

  it('drains, stops, unlists, forgets and removes a member that leaves, in this order', () => {
    const five = [...nodes, 'app-4', 'app-5'];
    const leaving = (state: NodeStatus, resources = cluster.resources) =>
      plan(
        { strayNodes: ['app-4', 'app-5'] },
        withCluster({ corosyncMembers: five, leaving: { 'app-4': { state: 'online' }, 'app-5': state }, resources }),
      );
    const held = cluster.resources.map((resource) => ({ ...resource, nodes: ['app-5'] }));
    expect(leaving({ state: 'online' })).toMatchObject({ steps: [{ kind: 'drain-node', node: 'app-5' }] });
    expect(leaving({ state: 'standby' }, held)).toMatchObject({
      steps: [{ kind: 'await-cluster', waitingFor: ['vip-web to leave app-5'] }],
    });
    expect(leaving({ state: 'standby' })).toMatchObject({ steps: [{ kind: 'stop-member', node: 'app-5' }] });
    expect(leaving({ state: 'offline' })).toMatchObject({
      steps: [{ kind: 'update-membership', members: [...nodes, 'app-4'] }],
    });
    const unlisted = withCluster({ leaving: { 'app-5': { state: 'offline' } } });
    expect(plan({ strayNodes: ['app-5'] }, unlisted)).toMatchObject({
      steps: [{ kind: 'forget-node', node: 'app-5' }],
    });
    expect(plan({ strayNodes: ['app-5'] })).toMatchObject({ steps: [{ kind: 'remove-nodes', nodes: ['app-5'] }] });
  });

  it('leaves a member that is to be fenced to the cluster before it is unlisted', () => {
    const result = plan(
      { strayNodes: ['app-4'] },
      withCluster({ corosyncMembers: [...nodes, 'app-4'], leaving: { 'app-4': { state: 'unclean' } } }),
    );
    expect(result).toMatchObject({ steps: [{ kind: 'await-cluster', waitingFor: ['app-4 (unclean)'] }] });
  });

  it('removes no node while it is not known who is listed', () => {
    const silent = withCluster({ reachable: false, corosyncMembers: undefined });
    expect(kinds(plan({ strayNodes: ['app-4'] }, silent))).toEqual(['await-cluster']);
  });
});

describe('planRemoval', () => {
  it('removes until nothing is left', () => {
    expect(planRemoval({ ...ready, state: 'deleting' })).toMatchObject({ steps: [{ kind: 'remove-all' }] });
    expect(planRemoval({ ...ready, state: 'absent' })).toEqual({ state: 'done' });
  });
});
