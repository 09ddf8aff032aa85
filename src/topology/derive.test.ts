import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrContains, cidrsOverlap, parseCidr, parseIpv4 } from '../kernel/ipv4.ts';
import { DeploymentSpec } from '../spec/schema.ts';
import { deriveTopology } from './derive.ts';
import { allNodes, emptyRoster, type Topology } from './topology.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/), { maxLength: 6 });

const specs = fc
  .record({
    name: fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/),
    nodes: fc.integer({ min: 2, max: 16 }),
    loadBalancers: fc.option(fc.integer({ min: 1, max: 16 }), { nil: undefined }),
    storageNodes: fc.option(fc.integer({ min: 3, max: 5 }), { nil: undefined }),
    vips: names,
    roles: fc.dictionary(fc.stringMatching(/^role-[a-z0-9]{1,6}$/), fc.integer({ min: 1, max: 40 }), { maxKeys: 4 }),
  })
  .map(({ name, nodes, loadBalancers, storageNodes, vips, roles }) =>
    DeploymentSpec.parse({
      apiVersion: 'quorate/v1',
      name,
      cluster: { nodes },
      ...(loadBalancers === undefined ? {} : { loadBalancers: { nodes: loadBalancers } }),
      ...(storageNodes === undefined
        ? {}
        : { storageCluster: { nodes: storageNodes, shares: [{ name: 'share', sizeGiB: 1, mount: '/srv/share' }] } }),
      roles: Object.fromEntries(Object.entries(roles).map(([role, count]) => [role, { nodes: count }])),
      vips: vips.map((vip) => ({ name: vip, external: 'none' })),
    }),
  );

const addressesOf = (topology: Topology) => [
  ...allNodes(topology).flatMap((node) => node.addresses),
  ...new Map(topology.clusters.flatMap(({ vips }) => vips).map((vip) => [vip.name, vip])).values(),
];

const grown = (spec: DeploymentSpec, by: Partial<DeploymentSpec>): DeploymentSpec => ({ ...spec, ...by });

describe('deriveTopology', () => {
  it('gives unique node names, and unique ids within a cluster of members', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const { topology } = deriveTopology(spec, emptyRoster);
        const nodes = allNodes(topology).map(({ name }) => name);
        expect(new Set(nodes).size).toBe(nodes.length);
        for (const { members } of topology.clusters)
          expect(new Set(members.map(({ id }) => id)).size).toBe(members.length);
      }),
    );
  });

  it('gives unique addresses, each inside its network and never the gateway or the broadcast', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const { topology } = deriveTopology(spec, emptyRoster);
        const seen = new Set<string>();
        for (const { network, address } of addressesOf(topology)) {
          const found = topology.networks.find(({ name }) => name === network);
          const cidr = parseCidr(found?.cidr ?? '');
          const value = parseIpv4(address) ?? -1;
          expect(cidr !== undefined && cidrContains(cidr, value)).toBe(true);
          expect(address).not.toBe(found?.gateway);
          expect(value).not.toBe((cidr?.base ?? 0) + 2 ** (32 - (cidr?.prefix ?? 0)) - 1);
          expect(seen.has(address)).toBe(false);
          seen.add(address);
        }
      }),
    );
  });

  it('cuts networks that never overlap', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const cidrs = deriveTopology(spec, emptyRoster).topology.networks.map(({ cidr }) => parseCidr(cidr));
        for (const [index, one] of cidrs.entries())
          for (const other of cidrs.slice(index + 1))
            expect(one !== undefined && other !== undefined && !cidrsOverlap(one, other)).toBe(true);
      }),
    );
  });

  it('derives the same again, from nothing and from its own roster', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const first = deriveTopology(spec, emptyRoster);
        expect(deriveTopology(spec, emptyRoster)).toEqual(first);
        expect(deriveTopology(spec, first.roster)).toEqual(first);
      }),
    );
  });

  it('changes no other node or VIP when nodes and VIPs are added', () => {
    fc.assert(
      fc.property(specs, fc.integer({ min: 1, max: 14 }), (spec, more) => {
        const before = deriveTopology(spec, emptyRoster);
        const bigger = grown(spec, {
          cluster: { ...spec.cluster, nodes: spec.cluster.nodes + more },
          roles: Object.fromEntries(
            Object.entries(spec.roles).map(([name, role]) => [name, { ...role, nodes: role.nodes + more }]),
          ),
          vips: [...DeploymentSpec.parse({ ...spec, vips: [{ name: 'zz-new', external: 'none' }] }).vips, ...spec.vips],
        });
        const after = deriveTopology(bigger, before.roster);
        const nodes = new Map(allNodes(after.topology).map((node) => [node.name, node]));
        for (const node of allNodes(before.topology)) expect(nodes.get(node.name)).toEqual(node);
        const vips = after.topology.clusters.flatMap((cluster) => cluster.vips);
        for (const vip of before.topology.clusters.flatMap((cluster) => cluster.vips)) expect(vips).toContainEqual(vip);
      }),
    );
  });

  it('never uses the id of a removed node again', () => {
    const spec = DeploymentSpec.parse({ apiVersion: 'quorate/v1', name: 'x', cluster: { nodes: 4 } });
    const sized = (nodes: number) => grown(spec, { cluster: { ...spec.cluster, nodes } });
    const four = deriveTopology(spec, emptyRoster);
    const three = deriveTopology(sized(3), four.roster);
    const again = deriveTopology(sized(4), three.roster);
    expect(allNodes(three.topology).map(({ name }) => name)).toEqual(['app-1', 'app-2', 'app-3']);
    expect(allNodes(again.topology).map(({ name }) => name)).toEqual(['app-1', 'app-2', 'app-3', 'app-5']);
  });

  it('gives the address of a VIP that is gone to no other, keeps it for its return, and uses it again when no other is left', () => {
    const named = (...vips: readonly string[]) =>
      DeploymentSpec.parse({
        apiVersion: 'quorate/v1',
        name: 'x',
        vips: vips.map((name) => ({ name, external: 'none' })),
      });
    const hostOf = (derived: ReturnType<typeof deriveTopology>, name: string) =>
      derived.topology.clusters[0]?.vips.find((vip) => vip.name === name)?.address.split('.')[3];
    const old = deriveTopology(named('web', 'old'), emptyRoster);
    const fresh = deriveTopology(named('web', 'fresh'), old.roster);
    expect([hostOf(old, 'old'), hostOf(fresh, 'web'), hostOf(fresh, 'fresh')]).toEqual(['11', '10', '12']);
    expect(hostOf(deriveTopology(named('old'), fresh.roster), 'old')).toBe('11');
    const full = deriveTopology(named('web', ...Array.from({ length: 89 }, (_, index) => `v${index}`)), fresh.roster);
    const addresses = full.topology.clusters[0]?.vips.map(({ address }) => address) ?? [];
    expect(new Set(addresses).size).toBe(90);
    expect(Math.max(...addresses.map((address) => Number(address.split('.')[3])))).toBe(99);
  });

  it('puts a given VIP address where it was asked for and works around it', () => {
    const spec = DeploymentSpec.parse({
      apiVersion: 'quorate/v1',
      name: 'x',
      networks: { range: '10.9.0.0/21' },
      vips: [
        { name: 'a', external: 'none' },
        { name: 'b', external: 'none', address: '10.9.1.10' },
      ],
    });
    const vips = deriveTopology(spec, emptyRoster).topology.clusters[0]?.vips;
    expect(vips?.map(({ address }) => address)).toEqual(['10.9.1.11', '10.9.1.10']);
  });
});
