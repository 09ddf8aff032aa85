/**
 * Every golden that lands on a node, judged by the programs that will read it there: corosync, cloud-init and
 * Pacemaker of the node image. And each judge is shown something broken, which it must refuse.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultStateDirectory } from '../../src/clouds/local/host/layout.ts';
import { cibComplaints } from '../../src/clouds/local/image/cib-schema.ts';
import { localHost } from '../../src/main/local-host.ts';
import type { Cluster, Topology } from '../../src/topology/topology.ts';
import { type Checked, type CheckerNode, startCheckerNode } from './checker-node.ts';
import { afterTransition, transition, withMembersUp, withNode } from './simulation.ts';

const goldens = join(import.meta.dirname, '../golden');
const golden = (place: string, file: string): string => readFileSync(join(goldens, place, file), 'utf8');
const has = (place: string, file: string): boolean => existsSync(join(goldens, place, file));

type Case = { readonly place: string; readonly cluster: Cluster };

/** One a cluster: of several, each has a folder of its own. */
const cases: readonly Case[] = readdirSync(goldens, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => {
    const { clusters } = JSON.parse(golden(name, 'topology.json')) as Topology;
    return clusters.map((cluster) => ({ place: clusters.length === 1 ? name : join(name, cluster.name), cluster }));
  })
  .filter(({ place }) => has(place, 'cib.xml'));

/** Remote nodes have no CIB. */
const roles = cases.flatMap(({ place, cluster }) =>
  [...new Set(cluster.remotes.map(({ tier }) => tier))].map((role) => join(place, role)),
);

const namesOf = ({ members }: Cluster): readonly string[] => members.map(({ name }) => name);

let node: CheckerNode;
let schema: string;

beforeAll(async () => {
  node = await startCheckerNode();
  const host = localHost(process.env['QUORATE_STATE'] ?? defaultStateDirectory);
  schema = (await host.ensureImage(() => undefined, { force: false })).pacemakerSchema;
});
afterAll(() => node?.remove());

/** corosync(8) -t wants the key and, on this host, one of the addresses that it is to bind. */
async function corosyncTakes(conf: string): Promise<Checked> {
  await node.put('/checked/corosync.conf', conf);
  await node.put('/etc/corosync/authkey', 'not-a-secret'.repeat(22));
  const address = /ring0_addr: (\S+)/.exec(conf)?.[1] ?? '';
  const script = 'ip link set lo up && ip addr add "$1/32" dev lo && corosync -t -c /checked/corosync.conf';
  return node.sh(`unshare -n sh -c '${script}' sh "$1"`, [address]);
}

async function cloudInitTakes(kind: 'user-data' | 'network-config', text: string): Promise<Checked> {
  await node.put(`/checked/${kind}`, text);
  return node.sh(`cloud-init schema -c /checked/${kind} -t ${kind === 'user-data' ? 'cloud-config' : kind}`);
}

/** What its schema accepts cloud-init may yet fail to render: `to: default` was such a thing. */
async function networkdFiles(text: string): Promise<Checked> {
  await node.put('/checked/network-config', text);
  return node.sh(
    'rm -rf /checked/out; cloud-init devel net-convert -p /checked/network-config -k yaml -d /checked/out -D debian -O networkd' +
      ' && cat /checked/out/etc/systemd/network/*',
  );
}

const crmVerify = async (cib: string): Promise<Checked> => {
  await node.put('/checked/cib.xml', cib);
  return node.sh('crm_verify -V -x /checked/cib.xml');
};

async function haproxyTakes(conf: string): Promise<Checked> {
  await node.put('/checked/haproxy.cfg', conf);
  return node.sh('haproxy -c -V -f /checked/haproxy.cfg');
}

/** Promotion needs a score that the agent gives at run time; nothing runs here, so the first member has one. */
const withPromotionScore = (cib: string, service: string): string =>
  cib.replace(
    /(<node_state id="1"[^>]*)\/>/,
    `$1><transient_attributes id="1"><instance_attributes id="status-1"><nvpair id="status-1-${service}" name="master-${service}" value="10"/></instance_attributes></transient_attributes></node_state>`,
  );

function baseId({ vips, volumes }: Cluster, needed: string): string {
  if (vips.some(({ name }) => name === needed)) return `vip-${needed}`;
  return volumes.some(({ name }) => name === needed) ? `mount-${needed}` : `share-${needed}`;
}

const accepted = { exitCode: 0 };

describe.each([...cases.map(({ place }) => place), ...roles])('golden %s', (place) => {
  it("is valid user data and a network configuration that becomes networkd's", async () => {
    expect(await cloudInitTakes('user-data', golden(place, 'user-data'))).toMatchObject(accepted);
    const network = golden(place, 'network-config');
    expect(await cloudInitTakes('network-config', network)).toMatchObject(accepted);
    const rendered = await networkdFiles(network);
    expect(rendered).toMatchObject(accepted);
    const addresses = [...network.matchAll(/- (\d[\d.]+\/\d+)$/gm)].map(([, address]) => `Address=${address}`);
    const gateway = /via: (\S+)/.exec(network)?.[1];
    // A heartbeat's, and one on each network that the node serves or uses.
    expect(addresses.length).toBeGreaterThanOrEqual(2);
    for (const line of [...addresses, 'Destination=0.0.0.0/0', `Gateway=${gateway}`])
      expect(rendered.output.split('\n')).toContain(line);
  });
});

describe.each(cases)('golden $place', ({ place, cluster }) => {
  it('is taken by corosync', async () => {
    expect(await corosyncTakes(golden(place, 'corosync.conf'))).toMatchObject(accepted);
  });

  it("is a CIB by Pacemaker's schema, and in order without a warning", async () => {
    const cib = golden(place, 'cib.xml');
    expect(await cibComplaints(schema, cib)).toEqual([]);
    const up = await withMembersUp(node, cib, namesOf(cluster));
    expect(await crmVerify(up)).toEqual({ exitCode: 0, output: '' });
  });

  it('starts every resource, and on one node what belongs together', async () => {
    const promotable = cluster.services.find(({ run }) => run === 'promotable');
    const up = await withMembersUp(node, golden(place, 'cib.xml'), namesOf(cluster));
    const placed = await afterTransition(node, promotable === undefined ? up : withPromotionScore(up, promotable.name));
    expect(placed.filter((line) => !/: (Started|Promoted|Unpromoted) [a-z]+-\d+$/.test(line))).toEqual([]);
    const declared = [...golden(place, 'cib.xml').matchAll(/<primitive id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(placed.map((line) => line.split(':')[0]))).toEqual(new Set(declared));

    const nodesOf = (id: string, role: string) =>
      placed.filter((line) => line.startsWith(`${id}: ${role} `)).map((line) => line.split(' ').at(-1));
    for (const service of cluster.services)
      for (const needed of service.with) {
        const nodes = nodesOf(service.name, service.run === 'promotable' ? 'Promoted' : 'Started');
        const places = nodesOf(baseId(cluster, needed), 'Started');
        // What is in one place draws the service there; what is in many keeps it to these.
        expect(places.length === 1 ? nodes : places).toEqual(
          expect.arrayContaining(places.length === 1 ? places : nodes),
        );
        expect(nodes).toHaveLength(service.run === 'clone' ? cluster.members.length : 1);
      }
  });
});

describe.each(cases.filter(({ place }) => has(place, 'haproxy.cfg')))('golden $place', ({ place }) => {
  it('is taken by HAProxy without a warning', async () => {
    const { exitCode, output } = await haproxyTakes(golden(place, 'haproxy.cfg'));
    expect(output).toContain('Configuration file is valid');
    expect(output).not.toMatch(/WARNING|ALERT/);
    expect(exitCode).toBe(0);
  });
});

describe('VIPs on load balancers', () => {
  const counts = (placed: readonly string[], nodes: readonly string[]) =>
    nodes.map((each) => placed.filter((line) => line.startsWith('vip-') && line.endsWith(` ${each}`)).length);

  it('are spread over them at the start, after a death, and when the dead one is back; and then stay', async () => {
    const nodes = ['lb-1', 'lb-2', 'lb-3'];
    const start = await transition(node, await withMembersUp(node, golden('balanced-many/lb', 'cib.xml'), nodes));
    expect(counts(start.placed, nodes).toSorted((one, other) => one - other)).toEqual([1, 2, 2]);
    const death = await transition(node, await withNode(node, start.cib, '-d lb-1'));
    expect(counts(death.placed, nodes).toSorted((one, other) => one - other)).toEqual([0, 2, 3]);
    const back = await transition(node, await withNode(node, death.cib, '-u lb-1'));
    expect(counts(back.placed, nodes).toSorted((one, other) => one - other)).toEqual([1, 2, 2]);
    const later = await transition(node, back.cib);
    expect(later.placed.toSorted()).toEqual(back.placed.toSorted());
  });

  it('of which there is one, stay where it is when the dead one is back', async () => {
    const start = await transition(node, await withMembersUp(node, golden('balanced/lb', 'cib.xml'), ['lb-1', 'lb-2']));
    const holder =
      start.placed
        .find((line) => line.startsWith('vip-web: '))
        ?.split(' ')
        .at(-1) ?? '';
    const death = await transition(node, await withNode(node, start.cib, `-d ${holder}`));
    const taken = death.placed.find((line) => line.startsWith('vip-web: '));
    expect(taken).not.toContain(holder);
    expect((await transition(node, await withNode(node, death.cib, `-u ${holder}`))).placed).toContain(taken);
  });
});

describe('the judges refuse what is broken', () => {
  const changed = (file: string, from: string | RegExp, to: string): string => {
    const text = golden('basic', file);
    const broken = text.replace(from, to);
    expect(broken).not.toBe(text);
    return broken;
  };

  it('corosync: a node id that is no number', async () => {
    const { exitCode, output } = await corosyncTakes(changed('corosync.conf', 'nodeid: 2', 'nodeid: two'));
    expect(output).toContain('nodeid');
    expect(exitCode).not.toBe(0);
  });

  it('HAProxy: a balance method and a check that there are not', async () => {
    const conf = golden('balanced/lb', 'haproxy.cfg');
    for (const [from, to] of [
      ['balance roundrobin', 'balance roundrobbin'],
      [' ver HTTP/1.1 hdr Host localhost', ' version HTTP/1.1'],
    ] as const) {
      expect(conf).toContain(from);
      expect((await haproxyTakes(conf.replace(from, to))).exitCode).toBe(1);
    }
  });

  it('cloud-init: a module that it does not have, an interface that is no map, a route that it cannot render', async () => {
    expect((await cloudInitTakes('user-data', changed('user-data', 'write_files:', 'write_fils:'))).exitCode).toBe(1);
    const wrong = changed('network-config', /eth0:\n(?: {4}.*\n)+/, 'eth0: 5\n');
    expect((await cloudInitTakes('network-config', wrong)).exitCode).toBe(1);
    const unrenderable = changed('network-config', 'to: 0.0.0.0/0', 'to: default');
    expect((await cloudInitTakes('network-config', unrenderable)).exitCode).toBe(0);
    expect((await networkdFiles(unrenderable)).exitCode).not.toBe(0);
  });

  it("Pacemaker's schema: a primitive without a type, a constraint on what is not there", async () => {
    const typeless = changed('cib.xml', ' type="nginx"', '');
    expect(await cibComplaints(schema, typeless)).toEqual([expect.stringContaining('<primitive id="www">')]);
    expect((await crmVerify(typeless)).exitCode).not.toBe(0);
    const dangling = changed('cib.xml', / then="www"/, ' then="nosuch"');
    expect(await cibComplaints(schema, dangling)).not.toEqual([]);
    expect((await crmVerify(dangling)).exitCode).not.toBe(0);
  });

  it('the scheduler: a service that may be nowhere is not started, parties that are torn apart are seen', async () => {
    const members = ['app-1', 'app-2', 'app-3'];
    const nowhere = changed(
      'cib.xml',
      '</constraints>',
      `${members.map((each) => `<rsc_location id="not-${each}" rsc="www" node="${each}" score="-INFINITY"/>`).join('')}</constraints>`,
    );
    expect(await afterTransition(node, await withMembersUp(node, nowhere, members))).toContain('www: Stopped');
    const apart = changed(
      'cib.xml',
      /<rsc_colocation id="www-with[^>]*>/,
      '<rsc_colocation id="a" rsc="www" with-rsc="vip-web" score="-INFINITY"/>',
    );
    const placed = await afterTransition(node, await withMembersUp(node, apart, members));
    const nodeOf = (id: string) =>
      placed
        .find((line) => line.startsWith(`${id}: `))
        ?.split(' ')
        .at(-1);
    expect(nodeOf('www')).not.toBe(nodeOf('vip-web'));
  });

  it('the schema beside the image is the one in the image', async () => {
    const { output } = await node.sh('cd /usr/share/pacemaker && sha256sum *.rng');
    const inImage = new Map(
      output
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/).toReversed() as [string, string]),
    );
    const beside = readdirSync(schema);
    expect(beside).toContain('pacemaker-4.0.rng');
    for (const file of beside)
      expect([
        file,
        createHash('sha256')
          .update(readFileSync(join(schema, file)))
          .digest('hex'),
      ]).toEqual([file, inImage.get(file)]);
  });
});
