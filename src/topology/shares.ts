/** Shares: how the storage cluster serves them, and how the nodes that use them mount them. */
import { invariant } from '../kernel/invariant.ts';
import { parseIpv4, renderCidr } from '../kernel/ipv4.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import type { Address, ShareMount, ShareProtocol, ShareServer } from './topology.ts';

/** The VIP that a storage cluster serves its shares on. */
export const shareVip = 'shares';

/** Where a share's volume is mounted on the node that serves it; the share itself is a directory in it. */
export const shareVolumeMount = (share: string): string => `/srv/shares/${share}`;

/** Beside the server's own state, which no client is to see or to write. */
const exportedDirectory = (share: string): string => `${shareVolumeMount(share)}/files`;

/** NFS from version 4 on and SMB over TCP need one port each (RFC 7530, MS-SMB2). */
const ports: Readonly<Record<ShareProtocol, number>> = { nfs: 2049, samba: 445 };

export function deriveShareServer(
  { protocol, shares }: NonNullable<DeploymentSpec['storageCluster']>,
  at: Address,
): ShareServer {
  const first = shares[0];
  invariant(first, 'a storage cluster has a share');
  return {
    protocol,
    port: ports[protocol],
    clients: networkOf(at),
    address: at.address,
    stateDirectory: `${shareVolumeMount(first.name)}/state`,
    shares: shares.map(({ name }) => ({ name, directory: exportedDirectory(name) })),
  };
}

export function deriveShareMounts(spec: DeploymentSpec, at: Address | undefined): readonly ShareMount[] {
  const { storageCluster } = spec;
  if (storageCluster === undefined || at === undefined) return [];
  const { protocol, shares } = storageCluster;
  // Neither cifs nor nfs may be mounted in a user namespace (no FS_USERNS_MOUNT); a client in FUSE exists for SMB only.
  const client = spec.cloud === 'local' && protocol === 'samba' ? 'fuse' : 'kernel';
  return shares.map(({ name, mount }) => ({
    name,
    mount,
    protocol,
    client,
    server: at.address,
    directory: exportedDirectory(name),
  }));
}

function networkOf({ address, prefix }: Address): string {
  const host = parseIpv4(address);
  invariant(host, 'an address of the topology parses');
  return renderCidr({ base: host - (host % 2 ** (32 - prefix)), prefix });
}
