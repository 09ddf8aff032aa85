import { describe, expect, it } from 'vitest';
import { parseSpec } from '../../../spec/parse.ts';
import { deriveTopology } from '../../../topology/derive.ts';
import { allNodes, emptyRoster, type Topology } from '../../../topology/topology.ts';
import { insideAddressOf } from './route.ts';

function topologyWith(lines: string): Topology {
  const { spec, diagnostics } = parseSpec(`apiVersion: quorate/v1\nname: shop\ncloud: somewhere\n${lines}`);
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return deriveTopology(spec, emptyRoster).topology;
}

/** By node: the network of the address it is reached by. */
function ways(topology: Topology): Record<string, string | undefined> {
  const way = (node: ReturnType<typeof allNodes>[number]) =>
    node.addresses.find(({ address }) => address === insideAddressOf(topology, node.name))?.network;
  return Object.fromEntries(allNodes(topology).map((node) => [node.name, way(node)]));
}

describe('the address by which a node is reached from the entry', () => {
  it('is on the network of the services, never on the heartbeat’s, where the entry is one of the members’', () => {
    expect(ways(topologyWith('cluster: {nodes: 2}\n'))).toEqual({ 'app-1': 'services', 'app-2': 'services' });
    const roles = 'roles: {web: {nodes: 1, services: [{name: www, agent: "systemd:nginx"}]}}\n';
    expect(ways(topologyWith(`cluster: {nodes: 3}\n${roles}`))).toMatchObject({
      'core-1': 'services',
      'web-1': 'services',
    });
  });

  it('is one that load balancers share with a node, else one on a network of the router', () => {
    const storage = 'storageCluster: {nodes: 3, protocol: nfs, shares: [{name: data, sizeGiB: 1, mount: /srv/data}]}\n';
    expect(ways(topologyWith(`cluster: {nodes: 2}\nloadBalancers: {nodes: 1}\n${storage}`))).toEqual({
      'app-1': 'backend',
      'app-2': 'backend',
      'lb-1': 'public',
      'storage-1': 'storage',
      'storage-2': 'storage',
      'storage-3': 'storage',
    });
  });

  it('is none for a node that the topology does not have', () => {
    expect(insideAddressOf(topologyWith('cluster: {nodes: 2}\n'), 'app-3')).toBeUndefined();
  });
});
