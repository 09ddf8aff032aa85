/**
 * Every folder here: a deployment.yaml, and beside it what is made of it. A change of any artefact shows
 * as a diff of these files; `npx vitest run test/golden -u` takes it over. A new case is a new folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderStacks } from '../../src/artefacts/heat/index.ts';
import { renderNodeBoots } from '../../src/artefacts/node-boot.ts';
import { renderPicture } from '../../src/artefacts/picture/render-picture.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { emptyRoster, type Topology } from '../../src/topology/topology.ts';

const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Files of a node that are shown apart from its user data. */
const shown = [
  '/etc/corosync/corosync.conf',
  '/var/lib/pacemaker/cib/cib.xml',
  '/etc/haproxy/haproxy.cfg',
  '/etc/samba/smb.conf',
];

/** As many bytes as a real key, and plainly no secret. */
const authkey = Buffer.alloc(256, 'not-a-secret').toString('base64');
const keyPair = { privateKey: 'NOT A PRIVATE KEY\n', publicKey: 'ssh-ed25519 not-a-key example' };

describe.each(cases.map(({ name }) => name))('golden %s', (name) => {
  const folder = join(import.meta.dirname, name);
  const parsed = parseSpec(readFileSync(join(folder, 'deployment.yaml'), 'utf8'));

  it('parses without a complaint', () => {
    expect(parsed.diagnostics).toEqual([]);
  });

  const topology = (): Topology => {
    if (parsed.spec === undefined) throw new Error('does not parse');
    return deriveTopology(parsed.spec, emptyRoster).topology;
  };

  it('has the topology beside it', async () => {
    await expect(`${JSON.stringify(topology(), undefined, 2)}\n`).toMatchFileSnapshot(join(folder, 'topology.json'));
  });

  it('has its picture beside it', async () => {
    await expect(renderPicture(topology())).toMatchFileSnapshot(join(folder, 'picture.svg'));
  });

  const boots = () => {
    const made = topology();
    const authkeys = Object.fromEntries(made.clusters.map((cluster) => [cluster.name, authkey]));
    const secrets = { authkeys, sharePassword: 'not-a-secret', sshKey: keyPair, hostKey: keyPair };
    return renderNodeBoots(made, secrets, { kind: 'example' });
  };

  /** Of each cluster in a folder of its own, where there are several; of each role in its own. */
  const places = () => {
    const { clusters } = topology();
    const all = boots();
    const placeOf = (cluster: string) => (clusters.length === 1 ? folder : join(folder, cluster));
    const roles = new Set(clusters.flatMap(({ remotes }) => remotes.map(({ tier }) => tier)));
    return [
      ...clusters.map((cluster) => ({
        place: placeOf(cluster.name),
        boots: all.filter(({ node }) => cluster.members.some(({ name: member }) => member === node.name)),
      })),
      ...[...roles].map((role) => ({ place: join(folder, role), boots: all.filter(({ node }) => node.tier === role) })),
    ];
  };

  it('has the artefacts beside it', async () => {
    for (const { place, boots: own } of places()) {
      const first = own[0];
      if (first === undefined) throw new Error('no node');
      await expect(first.userData).toMatchFileSnapshot(join(place, 'user-data'));
      await expect(first.networkConfig).toMatchFileSnapshot(join(place, 'network-config'));
      const { write_files: files } = parse(first.userData) as { readonly write_files: readonly WrittenFile[] };
      for (const file of files.filter(({ path }) => shown.includes(path)))
        await expect(textOf(file)).toMatchFileSnapshot(join(place, file.path.split('/').at(-1) ?? ''));
    }
  });

  it('has the stacks beside it', async () => {
    if (topology().cloud === 'local') return;
    for (const { name: stack, template } of renderStacks(topology(), new Map()))
      await expect(template).toMatchFileSnapshot(join(folder, `${stack}.yaml`));
  });

  it('gives every member of a cluster the same corosync.conf, key and CIB, and every node of a role the same', () => {
    for (const { boots: own } of places()) {
      expect(new Set(own.map(({ userData }) => userData)).size).toBe(1);
      expect(new Set(own.map(({ networkConfig }) => networkConfig)).size).toBe(own.length);
    }
  });
});

type WrittenFile = { readonly path: string; readonly content: string; readonly encoding?: string };

/** Large files travel compressed, and nobody can read a difference of those. */
const textOf = ({ content, encoding }: WrittenFile): string =>
  encoding === 'gz+b64' ? gunzipSync(Buffer.from(content, 'base64')).toString() : content;
