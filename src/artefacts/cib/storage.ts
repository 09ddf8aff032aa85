/**
 * A storage cluster's server -> one Pacemaker group; the shares that a cluster uses -> cloned mounts.
 *
 * A group starts in its order and stops in the reverse one: volumes, server, exports, and the address last.
 * A client that sees the address finds every export behind it; were the address first, it would be told
 * ESTALE or refused, which it must believe, instead of silence, through which it waits. On the way down the
 * address goes first for the same reason. Follows the agents' own documentation (ocf_heartbeat_nfsserver(7),
 * ocf_heartbeat_exportfs(7) of resource-agents 4.16), nfs(5) and mount.cifs(8).
 */
import { createHash } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { assertNever } from '../../kernel/invariant.ts';
import type { Cluster, Operation, ShareMount, ShareServer } from '../../topology/topology.ts';
import { appendOwn, type Primitive } from './primitive.ts';
import { append, appendPairs } from './xml.ts';

/** The clone's id, which constraints name. */
export const shareMountId = (share: string): string => `${mountPrimitiveId(share)}-clone`;

const mountPrimitiveId = (share: string): string => `share-${share}`;
const fuseClientId = 'share-client';

/** All in one group: what one of them cannot do on a node, none of them does there. */
export function appendShareServer(
  parent: XmlElement,
  cluster: Cluster,
  server: ShareServer,
  around: { readonly volumes: readonly Primitive[]; readonly vips: readonly Primitive[] },
): void {
  const group = append(parent, 'group', { id: 'shares' });
  for (const primitive of [...around.volumes, ...serverPrimitives(server), ...around.vips])
    appendOwn(group, cluster, primitive);
}

function serverPrimitives(server: ShareServer): readonly Primitive[] {
  switch (server.protocol) {
    case 'nfs':
      return [nfsServer(server), ...server.shares.map((share) => nfsExport(server, share))];
    case 'samba':
      // No OCF agent is needed: smbd says itself when it is ready (Type=notify), and one instance serves all shares.
      return [
        {
          id: 'smb-server',
          agent: { class: 'systemd', type: 'smbd' },
          params: {},
          operations: operations({ start: '60s', stop: '60s', monitor: '10s' }),
        },
      ];
    default:
      return assertNever(server.protocol);
  }
}

const nfsServer = ({ stateDirectory, address }: ShareServer): Primitive => ({
  id: 'nfs-server',
  agent: { class: 'ocf', provider: 'heartbeat', type: 'nfsserver' },
  params: {
    // Who held what, by nfsdcld(8): without it the next server grants no client its locks back.
    nfs_shared_infodir: stateDirectory,
    // Clients reclaim only from a server that says it is the same one (RFC 8881, 8.4.2.1).
    nfs_server_scope: address,
    // No rpcbind, statd, lockd: one port, and locks that are part of the protocol.
    nfsv4_only: true,
    nfs_no_notify: true,
  },
  operations: operations({ start: '60s', stop: '60s', monitor: '10s' }),
});

const nfsExport = ({ clients }: ShareServer, { name, directory }: ShareServer['shares'][number]): Primitive => ({
  id: `export-${name}`,
  agent: { class: 'ocf', provider: 'heartbeat', type: 'exportfs' },
  params: {
    directory,
    clientspec: clients,
    // sync: what was acknowledged as stable is on the volume. no_root_squash: the clients are this deployment's
    // own nodes, whose services are started by root and make their directories.
    options: 'rw,sync,no_subtree_check,no_root_squash,sec=sys',
    // File handles carry it: the same on every node, and not the device's number, which is another one elsewhere.
    fsid: stableUuid(name),
    // For NFSv3 only.
    rmtab_backup: 'none',
    // The server stops right after its exports, and every state with it. Waiting for leases would make each
    // planned move longer by one; unlocking would revoke (Linux 6.9) what clients are about to reclaim.
    wait_for_leasetime_on_stop: false,
    unlock_on_stop: false,
  },
  operations: operations({ start: '40s', stop: '60s', monitor: '20s' }),
});

/** The share's name as a UUID (version 8 of RFC 9562: made by rules of one's own). */
function stableUuid(share: string): string {
  const hex = createHash('sha256').update(`quorate share ${share}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}

/** One clone a share, so that a service waits for those it names and for no other. */
export function appendShareMounts(parent: XmlElement, cluster: Cluster): void {
  if (cluster.shares.some(({ client }) => client === 'fuse')) appendClone(parent, cluster, fuseClient);
  for (const share of cluster.shares) appendClone(parent, cluster, shareMount(share));
}

/** The FUSE client is one process for all shares; each is bound to its place from the client's tree. */
export function appendShareConstraints(parent: XmlElement, shares: readonly ShareMount[]): void {
  for (const { name, client } of shares) if (client === 'fuse') bindToClone(parent, fuseClientId, shareMountId(name));
}

/** `follower` runs only where an instance of the clone `share` has started. */
export const followShare = (parent: XmlElement, share: string, follower: string): void =>
  bindToClone(parent, mountPrimitiveId(share), follower);

function bindToClone(parent: XmlElement, primitive: string, follower: string): void {
  const clone = `${primitive}-clone`;
  append(parent, 'rsc_colocation', {
    id: `${follower}-with-${clone}`,
    rsc: follower,
    'with-rsc': clone,
    score: 'INFINITY',
  });
  append(parent, 'rsc_order', { id: `${clone}-then-${follower}`, first: clone, then: follower, kind: 'Mandatory' });
}

function appendClone(parent: XmlElement, cluster: Cluster, primitive: Primitive): void {
  const id = `${primitive.id}-clone`;
  const clone = append(parent, 'clone', { id });
  // Interleave: a node's services wait for this node's mount, not for everybody's.
  appendPairs(clone, 'meta_attributes', `${id}-meta`, { interleave: true });
  appendOwn(clone, cluster, primitive);
}

/**
 * Both clusters come up at once, and a mount that was tried too soon must not stay failed: one failed start bans
 * a resource from its node (start-failure-is-fatal), and this is when Pacemaker forgets it.
 */
const retried = { 'failure-timeout': '10s' };

const fuseClient: Primitive = {
  id: fuseClientId,
  agent: { class: 'systemd', type: 'quorate-shares' },
  params: {},
  operations: operations({ start: '180s', stop: '60s', monitor: '20s' }),
  meta: retried,
};

const shareMount = (share: ShareMount): Primitive => ({
  id: mountPrimitiveId(share.name),
  agent: { class: 'ocf', provider: 'heartbeat', type: 'Filesystem' },
  params: { ...mountSource(share), directory: share.mount, force_unmount: 'safe' },
  // The monitor reads the list of mounts and never touches the server: a fail-over there fails nothing here.
  operations: operations({ start: '90s', stop: '90s', monitor: '20s' }),
  meta: retried,
});

function mountSource({ protocol, client, name, server, directory }: ShareMount) {
  if (client === 'fuse') return { device: `/run/quorate/shares/${server}/${name}`, fstype: 'none', options: 'bind' };
  return protocol === 'nfs'
    ? { device: `${server}:${directory}`, fstype: 'nfs4', options: nfsOptions }
    : { device: `//${server}/${name}`, fstype: 'cifs', options: cifsOptions };
}

const nfsOptions = [
  'vers=4.2',
  // A request waits for the next server, however long that takes; soft would make a fail-over an I/O error.
  'hard',
  // Tenths of a second. Also the idle time after which TCP asks whether the server is still that one, which a
  // client needs whose last request died with its server: it would wait a minute by default.
  'timeo=50',
  'retrans=2',
  // Minutes that mount.nfs tries by itself while the storage cluster still comes up; within the start's timeout.
  'retry=1',
  'noatime',
  'nosuid',
  'nodev',
].join();

const cifsOptions = [
  'vers=3.1.1',
  'credentials=/etc/quorate/shares.credentials',
  'hard',
  // Seconds between questions whether the server is alive, which is given up after three: a minute by default.
  'echo_interval=3',
  // SMB carries one user for the whole mount. These modes say so; who needs owners takes NFS.
  'uid=0',
  'gid=0',
  'file_mode=0666',
  'dir_mode=0777',
  'mfsymlinks',
  'nosuid',
  'nodev',
].join();

function operations(times: {
  readonly start: string;
  readonly stop: string;
  readonly monitor: string;
}): readonly Operation[] {
  return [
    { name: 'start', timeout: times.start },
    { name: 'stop', timeout: times.stop },
    { name: 'monitor', interval: times.monitor, timeout: '40s' },
  ];
}
