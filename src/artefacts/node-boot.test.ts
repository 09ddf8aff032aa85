import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseSpec } from '../spec/parse.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster, type Topology } from '../topology/topology.ts';
import { renderNodeBoots } from './node-boot.ts';

type Written = {
  readonly path: string;
  readonly permissions: string;
  readonly encoding?: string;
  readonly content: string;
};
type UserData = { readonly write_files: readonly Written[]; readonly [setting: string]: unknown };

function topologyOf(lines: string): Topology {
  const { spec, diagnostics } = parseSpec(`apiVersion: quorate/v1\nname: sixty-three-characters-at-most\n${lines}`);
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return deriveTopology(spec, emptyRoster).topology;
}

const authkey = Buffer.alloc(256, 7).toString('base64');
const secrets = {
  authkeys: { app: authkey, core: authkey },
  sharePassword: 'not-a-secret',
  sshKey: { publicKey: 'ssh-ed25519 AAAAC3 way in' },
  // As long as a real one.
  hostKey: { privateKey: `-----BEGIN\n${'k'.repeat(380)}\n-----END\n`, publicKey: 'ssh-ed25519 AAAAC3 host' },
};
const access = { kind: 'openstack', authUrl: 'https://cloud.example:5000/v3', certificate: 'c'.repeat(2_000) };

const bootsOf = (lines: string) => renderNodeBoots(topologyOf(lines), secrets, access);
const userDataOf = (lines: string) => bootsOf(lines)[0]?.userData ?? '';
const filesOf = (userData: string) =>
  Object.fromEntries((parse(userData) as UserData).write_files.map((file) => [file.path, file]));

/** `[api] max_user_data_size`, fixed in Nova's API schema; of the Base64. */
const novaLimitBytes = 65_535;
const base64Bytes = (text: string): number => Buffer.from(text).toString('base64').length;

const usual =
  'vips: [{name: a, ports: [80]}, {name: b, ports: [443]}]\nstorage: [{name: data, sizeGiB: 1, mount: /srv/data}]\n' +
  'services: [{name: www, agent: "systemd:nginx", with: [a, data]}]\n';

describe('a node’s first boot', () => {
  it('brings host key and way in where nodes are entered by SSH, and keeps cloud-init from replacing them', () => {
    const userData = userDataOf('cloud: somewhere\ncluster: {nodes: 2}\n');
    expect(parse(userData)).toMatchObject({ disable_root: false, ssh_deletekeys: false, ssh_genkeytypes: ['ed25519'] });
    const files = filesOf(userData);
    expect(files['/etc/ssh/ssh_host_ed25519_key']).toMatchObject({
      permissions: '0600',
      content: secrets.hostKey.privateKey,
    });
    expect(files['/etc/ssh/ssh_host_ed25519_key.pub']?.content).toBe('ssh-ed25519 AAAAC3 host\n');
    expect(files['/root/.ssh/authorized_keys']).toMatchObject({
      permissions: '0600',
      content: 'ssh-ed25519 AAAAC3 way in\n',
    });
  });

  it('brings none of it on the local cloud', () => {
    const userData = userDataOf('cluster: {nodes: 2}\n');
    expect(userData).not.toContain('ssh');
    expect(Object.keys(parse(userData) as UserData)).toEqual(['preserve_hostname', 'manage_etc_hosts', 'write_files']);
  });

  it('has corosync.conf after all that corosync needs', () => {
    const paths = (parse(userDataOf('cloud: somewhere\n')) as UserData).write_files.map(({ path }) => path);
    expect(paths.at(-1)).toBe('/etc/corosync/corosync.conf');
  });

  it('can be read for sixteen members, and packs a large file without losing a byte', () => {
    const sixteen = filesOf(userDataOf(`cloud: somewhere\ncluster: {nodes: 16}\n${usual}`));
    expect(Object.values(sixteen).filter(({ encoding }) => encoding === 'gz+b64')).toEqual([]);
    const content = 'a line of a long file\n'.repeat(10_000);
    const lines = `cluster: {nodes: 2, files: [{path: /opt/long, content: ${JSON.stringify(content)}}]}\n`;
    const packed = filesOf(userDataOf(`cloud: somewhere\n${lines}`))['/opt/long'];
    expect(packed?.encoding).toBe('gz+b64');
    expect(gunzipSync(Buffer.from(packed?.content ?? '', 'base64')).toString()).toBe(content);
    expect(filesOf(userDataOf(lines))['/opt/long']?.content).toBe(content);
  });

  it.each([
    ['16 members', 'cluster: {nodes: 16}\n'],
    ['32 members', 'cluster: {nodes: 32}\nroles: {web: {nodes: 1}}\n'],
  ])('of %s stays within half of what Nova takes', (_, lines) => {
    for (const { userData } of bootsOf(`cloud: somewhere\n${lines}${usual}`))
      expect(base64Bytes(userData)).toBeLessThan(novaLimitBytes / 2);
  });

  it('of 32 members with 500 remote nodes, as many as one core may have, is still taken by Nova', () => {
    const lines = 'cluster: {nodes: 32}\nroles: {web: {nodes: 250}, db: {nodes: 250}}\n';
    for (const { userData } of bootsOf(`cloud: somewhere\n${lines}${usual}`))
      expect(base64Bytes(userData)).toBeLessThan(novaLimitBytes);
  });
});
