/**
 * A cluster's node -> cloud-init user data (#cloud-config): every file the node needs before corosync and
 * Pacemaker start for the first time, the whole initial CIB included. Nothing is run: the image's units
 * wait for these files. Holds secrets. Follows cloud-init's `write_files` module.
 */
import { stringify } from 'yaml';
import type { Cluster, Node, NodeFile, Topology } from '../../topology/topology.ts';
import { packFile, type WriteFile } from './pack-file.ts';
import { renderHosts } from './render-hosts.ts';

export type NodeFiles = {
  readonly corosyncConf: string;
  /** Base64, of corosync and pacemaker_remote alike. */
  readonly authkey: string;
  readonly cib: string;
  /** `/etc/quorate/cloud.json`: how the node's agents reach their cloud. */
  readonly cloudAccess: string;
  /** What the cluster's own work needs: a load balancer's configuration, a server of shares, or a client of it. */
  readonly work: readonly NodeFile[];
  /** Of nodes that are entered by SSH. */
  readonly ssh?: SshIdentity;
};

export type SshIdentity = {
  /** Who may come in as root. */
  readonly sshKey: { readonly publicKey: string };
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
};

export function renderUserData(topology: Topology, cluster: Cluster, node: Node, files: NodeFiles): string {
  const written: readonly WriteFile[] = [
    { path: '/etc/hosts', permissions: '0644', content: renderHosts(topology) },
    { path: '/etc/quorate/cloud.json', permissions: '0600', content: files.cloudAccess },
    ...(files.ssh === undefined ? [] : sshFiles(files.ssh)),
    ...files.work.map(writeFile),
    ...(node.kind === 'member' ? memberFiles(files) : []),
    ...(cluster.remotes.length > 0 ? [remoteKey(files)] : []),
    ...(cluster.files[node.tier] ?? []).map(writeFile),
  ];
  const document = {
    preserve_hostname: false,
    manage_etc_hosts: false,
    ...(files.ssh === undefined ? {} : keepHostKey),
    // The local cloud has no limit.
    write_files: files.ssh === undefined ? written : written.map(packFile),
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0 })}`;
}

/**
 * cloud-init's `ssh` module, which an image may have, runs after `write_files`: by its defaults it would delete the
 * pinned key and make others. It makes none of a type that is there, and its schema does not take an empty list.
 */
const keepHostKey = { disable_root: false, ssh_deletekeys: false, ssh_genkeytypes: ['ed25519'] };

/** The node's sshd starts only where its host key is: the other clouds have no use for it. */
const sshFiles = ({ sshKey, hostKey }: SshIdentity): readonly WriteFile[] => [
  { path: '/root/.ssh/authorized_keys', permissions: '0600', content: `${sshKey.publicKey}\n` },
  { path: '/etc/ssh/ssh_host_ed25519_key.pub', permissions: '0644', content: `${hostKey.publicKey}\n` },
  { path: '/etc/ssh/ssh_host_ed25519_key', permissions: '0600', content: hostKey.privateKey },
];

const writeFile = ({ path, content, mode }: NodeFile): WriteFile => ({ path, permissions: mode, content });

function memberFiles(files: NodeFiles): readonly WriteFile[] {
  return [
    { path: '/etc/corosync/authkey', permissions: '0400', encoding: 'b64', content: files.authkey },
    {
      path: '/var/lib/pacemaker/cib/cib.xml',
      owner: 'hacluster:haclient',
      permissions: '0600',
      content: files.cib,
    },
    // Last: corosync's unit starts only once this file is there.
    { path: '/etc/corosync/corosync.conf', permissions: '0644', content: files.corosyncConf },
  ];
}

const remoteKey = (files: NodeFiles): WriteFile => ({
  path: '/etc/pacemaker/authkey',
  owner: 'root:haclient',
  permissions: '0640',
  encoding: 'b64',
  content: files.authkey,
});
