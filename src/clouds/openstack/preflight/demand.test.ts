import { expect, it } from 'vitest';
import { parseSpec } from '../../../spec/index.ts';
import { deriveTopology } from '../../../topology/derive.ts';
import { emptyRoster } from '../../../topology/topology.ts';
import { demandOf } from './demand.ts';

const nothing = () => false;

function demandFor(rest: string, stands: (stack: string, resource: string) => boolean = nothing) {
  const { spec, diagnostics } = parseSpec(`apiVersion: quorate/v1\nname: billing\ncloud: prod\n${rest}`);
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return demandOf(deriveTopology(spec, emptyRoster).topology, stands);
}

const basic = `
cluster: {nodes: 3, flavor: small}
vips: [{name: web, ports: [80, 443]}, {name: inner, external: none}]
storage: [{name: data, sizeGiB: 10, mount: /srv/data}]
`;

it('a basic deployment asks for its nodes, two networks, one router, and a floating IP for each VIP and the entry', () => {
  const demand = demandFor(basic);
  expect(demand.servers.map(({ name, flavor }) => `${name} ${flavor}`)).toEqual([
    'app-1 small',
    'app-2 small',
    'app-3 small',
  ]);
  expect(demand.volumes).toMatchObject([{ name: 'data', sizeGiB: 10, attach: 'auto' }]);
  expect(demand.counts).toMatchObject({
    network: 2,
    subnet: 2,
    router: 1,
    security_group: 2,
    floatingip: 2,
    server_group: 1,
  });
  // Three nodes on two networks, three VIPs with the entry, and the router's leg on the routed network.
  expect(demand.counts.port).toBe(3 * 2 + 3 + 1);
  expect(demand.counts.security_group_rule).toBeGreaterThan(2 * 2 + 3);
  expect(demand).toMatchObject({ serverGroupMembers: 3, addressPairs: 3 });
});

it('what stands already is not asked for again', () => {
  const standing = demandFor(basic, () => true);
  expect(standing.servers).toEqual([]);
  expect(standing.volumes).toEqual([]);
  expect(Object.values(standing.counts)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  const groundOnly = demandFor(basic, (stack) => stack === 'quorate-billing.ground');
  expect(groundOnly.servers).toHaveLength(3);
  expect(groundOnly.counts).toMatchObject({ network: 0, port: 6, floatingip: 0 });
});

it('a given outside address asks for no floating IP', () => {
  const withGiven = demandFor('vips: [{name: web, external: 203.0.113.9, ports: [80]}]');
  expect(withGiven.counts.floatingip).toBe(1);
});

it('no stack of the largest tiers comes near what Heat allows; a thousand ports would, and is told', () => {
  expect(demandFor('cluster: {nodes: 32}\nroles: {web: {nodes: 400}}').stackResources).toBeLessThan(500);
  const portsFrom = (first: number) => Array.from({ length: 100 }, (_, index) => first + index).join(', ');
  const vips = Array.from({ length: 11 }, (_, index) => `{name: v${index}, ports: [${portsFrom(1000 * (index + 1))}]}`);
  expect(demandFor(`cluster: {nodes: 3}\nvips: [${vips.join(', ')}]`).stackResources).toBeGreaterThan(1000);
});

it('every tier counts', () => {
  const demand = demandFor(`
cluster: {nodes: 3, flavor: small}
roles:
  web: {nodes: 40, flavor: tiny}
  jobs: {nodes: 2, flavor: large}
`);
  expect(demand.servers).toHaveLength(45);
  expect(demand.counts).toMatchObject({ network: 2, server_group: 3 });
  expect(demand.counts.port).toBe(45 * 2 + 1 + 1);
  expect(demand.serverGroupMembers).toBe(40);
});
