/**
 * What the kernel's NFS server needs on the nodes of a storage cluster; that it runs, and what it exports, is
 * Pacemaker's (`cib/storage.ts`). Follows nfs.conf(5), rpc.nfsd(8) and nfsd(7) of nfs-utils 2.8.
 */
import type { Cluster, NodeFile, ShareServer } from '../../topology/topology.ts';

/**
 * Seconds. Lease: after this long without a word of it, a client has lost its locks to others; clients renew
 * at two thirds of it. Grace: for this long a new server gives out no lock and takes back only old ones. 90 each
 * by default, which is how long a fail-over would hold up whoever opens a file or takes a lock.
 *
 * A lease of 20 is three times what the network and a busy client were ever seen to be silent here. Grace is never
 * below lease: an idle client speaks up only when its lease is due, and would come after its locks were given away.
 * It also counts from the server's start, before its exports and its address are there, and a client comes back only
 * at its TCP's next try, whose pauses double: as long after the address as it had been gone. That is below 15 s, but
 * 70 to 100 s where a node is given up after 66 s (tolerant). Once every client that nfsdcld(8) has on record is
 * back, grace ends at once.
 */
const secondsOf = {
  fast: { lease: 20, grace: 30 },
  standard: { lease: 20, grace: 30 },
  tolerant: { lease: 60, grace: 180 },
} as const;

/** All that only NFSv3 needs: no daemon of it listens, whoever starts it. An empty unit file masks (systemd.unit(5)). */
const masked = ['rpcbind.service', 'rpcbind.socket', 'rpc-statd.service', 'rpc-statd-notify.service'];

export function renderNfsServer(
  { shares }: ShareServer,
  { failureDetection }: Pick<Cluster, 'failureDetection'>,
): readonly NodeFile[] {
  const { lease, grace } = secondsOf[failureDetection];
  return [
    {
      path: '/etc/nfs.conf.d/quorate.conf',
      mode: '0644',
      content: `[nfsd]
vers3=n
vers4.0=n
vers4.1=y
vers4.2=y
lease-time=${lease}
grace-time=${grace}
`,
    },
    {
      // The server starts after the volumes are mounted and before they are exported.
      path: '/etc/systemd/system/nfs-server.service.d/quorate.conf',
      mode: '0644',
      content: `[Service]\n${shares.map(({ directory }) => `ExecStartPre=/usr/bin/mkdir -p ${directory}`).join('\n')}\n`,
    },
    ...masked.map((unit) => ({ path: `/etc/systemd/system/${unit}`, mode: '0644', content: '' })),
  ];
}
