/**
 * What storage clusters and their clients get, judged by the programs that will read it: Samba, nfs-utils,
 * systemd, the resource agents' own metadata and Pacemaker, all of the node image.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultStateDirectory } from '../../src/clouds/local/host/layout.ts';
import { cibComplaints } from '../../src/clouds/local/image/cib-schema.ts';
import { localHost } from '../../src/main/local-host.ts';
import type { Topology } from '../../src/topology/topology.ts';
import { type CheckerNode, startCheckerNode } from './checker-node.ts';

const goldens = join(import.meta.dirname, '../golden');
const read = (...path: readonly string[]): string => readFileSync(join(goldens, ...path), 'utf8');
const topologyOf = (name: string) => JSON.parse(read(name, 'topology.json')) as Topology;
const cases = readdirSync(goldens, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => topologyOf(name).clusters.some(({ serves }) => serves !== undefined));

let node: CheckerNode;
let schema: string;

beforeAll(async () => {
  node = await startCheckerNode();
  const host = localHost(process.env['QUORATE_STATE'] ?? defaultStateDirectory);
  schema = (await host.ensureImage(() => undefined, { force: false })).pacemakerSchema;
});
afterAll(() => node?.remove());

/** Puts a node's files where they belong, but for those that would make it a member. */
async function furnish(name: string, cluster: string): Promise<readonly string[]> {
  const { write_files: files } = parse(read(name, cluster, 'user-data')) as {
    write_files: { path: string; content: string }[];
  };
  const ours = files.filter(({ path }) => !/corosync|pacemaker|hosts/.test(path));
  for (const { path, content } of ours) await node.put(path, content);
  return ours.map(({ path }) => path);
}

/** The directories that it misses are on a volume, and made when that is mounted. */
const complaintsOfTestparm = async (): Promise<readonly string[]> => {
  const { output } = await node.sh('testparm --suppress-prompt --verbose /etc/samba/smb.conf >/dev/null');
  const bad = /unknown|ignoring|error|invalid|obsolete|deprecated/i;
  return output.split('\n').filter((line) => bad.test(line) && !/directory .* does not exist/.test(line));
};

/** Resource and node of everything that is started once all members are up. */
async function placed(name: string, cluster: string): Promise<readonly (readonly [string, string])[]> {
  const members = topologyOf(name).clusters.find((each) => each.name === cluster)?.members ?? [];
  await node.put('/checked/cib.xml', read(name, cluster, 'cib.xml'));
  const up = members.flatMap((member) => ['-u', member.name]).join(' ');
  const script = `crm_simulate -x /checked/cib.xml ${up} -q 1 -O /checked/up.xml >/dev/null && crm_verify -V -x /checked/up.xml && crm_simulate -x /checked/up.xml -S -q 1 --output-as=xml`;
  const { exitCode, output } = await node.sh(script);
  expect([exitCode, output]).toEqual([0, expect.stringContaining('revised_cluster_status')]);
  using document = XmlDocument.fromString(output);
  const resources = document.find('//revised_cluster_status//resource[@role="Started"]') as XmlElement[];
  return resources.map((each) => {
    const on = each.get('./node/@name') as { content: string } | null;
    return [each.attr('id')?.value ?? '', on?.content ?? ''] as const;
  });
}

describe.each(cases)('golden %s', (name) => {
  const topology = topologyOf(name);

  it.each(topology.clusters.map((cluster) => cluster.name))(
    "%s's CIB names only parameters that its agents have, and is one by Pacemaker's schema",
    async (cluster) => {
      const cib = read(name, cluster, 'cib.xml');
      expect(await cibComplaints(schema, cib)).toEqual([]);
      using document = XmlDocument.fromString(cib);
      for (const primitive of document.find('//primitive[@provider="heartbeat"]') as XmlElement[]) {
        const type = primitive.attr('type')?.value ?? '';
        const { output } = await node.sh('OCF_ROOT=/usr/lib/ocf "/usr/lib/ocf/resource.d/heartbeat/$1" meta-data', [
          type,
        ]);
        const names = primitive.find('./instance_attributes/nvpair/@name').map(({ content }) => content);
        const known = new Set([...output.matchAll(/<parameter name="([^"]+)"/g)].map(([, parameter]) => parameter));
        expect(names.filter((each) => !known.has(each))).toEqual([]);
      }
    },
  );

  it('runs the volumes, the server, its exports and its address on one node, in this order', async () => {
    const on = await placed(name, 'storage');
    const work = on.filter(([id]) => id !== 'fencing');
    expect(new Set(work.map(([, where]) => where)).size).toBe(1);
    using document = XmlDocument.fromString(read(name, 'storage', 'cib.xml'));
    const order = document.find('//group[@id="shares"]/primitive/@id').map(({ content }) => content);
    expect(work.map(([id]) => id)).toEqual(order);
    expect(order.at(-1)).toBe('vip-shares');
    const server = order.findIndex((id) => id.endsWith('-server'));
    expect(order.findLastIndex((id) => id.startsWith('mount-'))).toBeLessThan(server);
    expect(order.filter((id) => id.startsWith('export-')).every((id) => order.indexOf(id) > server)).toBe(true);
  });

  it('mounts every share on every node that runs services, and runs none where a share of it is missing', async () => {
    const own = topology.clusters.find(({ shares }) => shares.length > 0);
    const on = await placed(name, own?.name ?? '');
    const nodesOf = (id: string) => on.filter(([each]) => each.split(':')[0] === id).map(([, where]) => where);
    const members = own?.members.map((member) => member.name) ?? [];
    for (const share of own?.shares ?? []) expect(nodesOf(`share-${share.name}`).toSorted()).toEqual(members);
    for (const service of own?.services ?? [])
      expect(nodesOf(service.name)).toHaveLength(service.run === 'single' ? 1 : members.length);
  });

  it.each(topology.clusters.map((cluster) => cluster.name))('%s has valid user data', async (cluster) => {
    await node.put('/checked/user-data', read(name, cluster, 'user-data'));
    const checked = await node.sh('cloud-init schema -c /checked/user-data -t cloud-config');
    expect(checked).toMatchObject({ exitCode: 0 });
  });

  it("has drop-ins for the server's unit that systemd takes", async () => {
    const paths = await furnish(name, 'storage');
    const units = paths.flatMap((path) => /\/([a-z-]+\.service)\.d\//.exec(path)?.[1] ?? []);
    expect(units).toHaveLength(1);
    expect(await node.sh('systemd-analyze verify --man=no "$1"', units)).toEqual({ exitCode: 0, output: '' });
  });
});

it('Samba takes its configuration', async () => {
  await furnish('shares-by-samba', 'storage');
  expect(await complaintsOfTestparm()).toEqual([]);
});

it('nfs-utils reads versions and times as meant, and nothing of NFSv3 can be started', async () => {
  await furnish('balanced-storage', 'storage');
  const ask = 'for key in vers3 vers4.2 lease-time grace-time; do nfsconf --get nfsd "$key"; done';
  const [vers3, vers42, lease, grace] = (await node.sh(ask)).output.trim().split('\n');
  expect([vers3, vers42]).toEqual(['n', 'y']);
  expect(Number(grace)).toBeGreaterThanOrEqual(Number(lease));
  expect((await node.sh('systemctl is-enabled rpcbind.socket')).output.trim()).toBe('masked');
});

describe('the judges refuse what is broken', () => {
  it('testparm: a parameter that Samba does not have', async () => {
    const conf = read('shares-by-samba', 'storage', 'smb.conf').replace('strict sync', 'strict sink');
    await node.put('/etc/samba/smb.conf', conf);
    expect((await complaintsOfTestparm()).join()).toContain('strict sink');
  });

  it('systemd: a command that is not there', async () => {
    await node.put('/etc/systemd/system/smbd.service.d/broken.conf', '[Service]\nExecStartPre=/nowhere/nothing\n');
    const { output } = await node.sh('systemd-analyze verify --man=no smbd.service');
    expect(output).toContain('/nowhere/nothing');
  });
});
