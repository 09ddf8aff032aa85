/**
 * Everything one node gets at its first boot, from the topology, the deployment's secrets and what the
 * cloud's nodes must know of their cloud. Each artefact has a folder of its own; this puts them together.
 */
import { invariant } from '../kernel/invariant.ts';
import { type Cluster, hasEntry, type Node, type NodeFile, type Topology } from '../topology/topology.ts';
import { renderCib } from './cib/render-cib.ts';
import { renderNetworkConfig } from './cloud-init/render-network-config.ts';
import { renderUserData, type SshIdentity } from './cloud-init/render-user-data.ts';
import { renderCorosync } from './corosync/render-corosync.ts';
import { loadBalancerFiles } from './haproxy/load-balancer-files.ts';
import { renderNfsServer } from './nfs/render-nfs.ts';
import { renderSambaClient, renderSambaServer } from './samba/render-samba.ts';

/** What one node gets at its first boot. */
export type NodeBoot = {
  readonly node: Node;
  /** cloud-init user data. Holds secrets: never logged, never in an argument list. */
  readonly userData: string;
  /** cloud-init network configuration, version 2. */
  readonly networkConfig: string;
};

/** Those of a deployment's secrets that its nodes hold. */
export type NodeSecrets = SshIdentity & {
  /** Base64, by cluster. */
  readonly authkeys: Readonly<Record<string, string>>;
  /** Of the user of a storage cluster's Samba. */
  readonly sharePassword: string;
};

/** `cloudAccess` becomes `/etc/quorate/cloud.json`. One boot a node. */
export function renderNodeBoots(
  topology: Topology,
  secrets: NodeSecrets,
  cloudAccess: Readonly<Record<string, unknown>>,
): readonly NodeBoot[] {
  return topology.clusters.flatMap((cluster) => {
    const authkey = secrets.authkeys[cluster.name];
    invariant(authkey, `cluster ${cluster.name} has an authkey`);
    const files = {
      authkey,
      corosyncConf: renderCorosync(topology.deployment, cluster),
      cib: renderCib(topology.deployment, cluster),
      cloudAccess: JSON.stringify(cloudAccess, undefined, 2),
      ...(hasEntry(topology) ? { ssh: secrets } : {}),
      work: [...loadBalancerFiles(topology, cluster), ...shareFiles(cluster, secrets.sharePassword)],
    };
    return [...cluster.members, ...cluster.remotes].map((node) => ({
      node,
      userData: renderUserData(topology, cluster, node, files),
      networkConfig: renderNetworkConfig(node, topology.networks),
    }));
  });
}

function shareFiles(cluster: Cluster, password: string): readonly NodeFile[] {
  const { serves, shares } = cluster;
  if (serves?.protocol === 'nfs') return renderNfsServer(serves, cluster);
  if (serves?.protocol === 'samba') return renderSambaServer(serves, password);
  return renderSambaClient(shares, password);
}
