import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../spec/schema.ts';
import { deriveTopology } from '../topology/derive.ts';
import { allNodes, emptyRoster } from '../topology/topology.ts';
import { deriveStatus } from './derive-status.ts';

const spec = DeploymentSpec.parse({
  apiVersion: 'quorate/v1',
  name: 'front',
  cluster: { nodes: 2 },
  loadBalancers: { nodes: 1 },
  vips: [{ name: 'web', ports: [80] }],
});
const { topology } = deriveTopology(spec, emptyRoster);
const names = allNodes(topology).map(({ name }) => name);

/** One member's view of a cluster in which all is well. */
const view = (members: readonly string[], vips = '') => ({
  node: members[0] ?? '',
  nodelist: members
    .map((name, index) =>
      [`name (str) = ${name}`, `nodeid (u32) = ${index}`, 'ring0_addr (str) = 10.0.0.1']
        .map((line) => `nodelist.node.${index}.${line}\n`)
        .join(''),
    )
    .join(''),
  crmMonXml: `<pacemaker-result><summary><current_dc present="true" name="${members[0]}" with_quorum="true"/>
<cluster_options stonith-enabled="true"/></summary>
<nodes>${members.map((name) => `<node name="${name}" online="true"/>`).join('')}</nodes>
<resources><resource id="fencing" resource_agent="stonith:fence_quorate" role="Started"><node name="${members[0]}"/></resource>${vips}</resources>
<status code="0"/></pacemaker-result>`,
  appliedDigest: undefined,
});

const vip =
  '<resource id="vip-web" resource_agent="ocf:heartbeat:IPaddr2" role="Started"><node name="lb-1"/></resource>';

const statusWith = (balancers: Readonly<Record<string, string>>) =>
  deriveStatus(
    topology,
    {
      tenant: 'present',
      credential: 'present',
      networks: {},
      volumes: {},
      outside: {},
      nodes: Object.fromEntries(names.map((name) => [name, { state: 'running' }])),
      strayNodes: [],
    },
    { app: view(['app-1', 'app-2']), lb: { ...view(['lb-1'], vip), balancers } },
    'present',
  );

const says = (one: string, other: string) =>
  `description: quorate-0123456789abcdef\n# pxname,svname,status\nweb-80,app-1,${one}\nweb-80,app-2,${other}\n`;

describe('a load-balanced port', () => {
  it('has those behind it that get traffic, by the one that holds its VIP', () => {
    expect(statusWith({ 'lb-1': says('UP', 'DOWN') })).toMatchObject({
      state: 'ready',
      clusters: [{}, { balancers: { 'lb-1': '0123456789abcdef' } }],
      listeners: [{ vip: 'web', port: 80, answering: ['app-1'], silent: ['app-2'] }],
    });
  });

  it('behind which nobody answers makes the deployment degraded', () => {
    expect(statusWith({ 'lb-1': says('DOWN', 'DOWN') })).toMatchObject({
      state: 'degraded',
      because: 'no node answers behind port 80 of VIP web',
    });
  });

  it('of which its load balancer says nothing is not judged', () => {
    expect(statusWith({})).toMatchObject({ state: 'ready', listeners: [] });
  });
});

describe('a single load balancer', () => {
  it('is ready, and status says that nothing takes over from it', () => {
    expect(statusWith({}).because).toMatch(/; cluster lb has one node, so nothing takes over from it$/);
  });
});
