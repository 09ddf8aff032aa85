/**
 * A cluster -> corosync.conf, the same text on every member. knet with one encrypted link, votequorum.
 * Follows corosync.conf(5) and votequorum(5) of corosync 3.1.
 */
import { invariant } from '../../kernel/invariant.ts';
import type { Cluster, Node } from '../../topology/topology.ts';

/**
 * Milliseconds. A silent member is given up after token + coefficient x (members - 2) + consensus.
 * `standard` is corosync's own default; `tolerant` outlives a live migration. `fast` was chosen by
 * measurement on a busy two-core host without real-time scheduling: see docs/measurements.md.
 */
const timings = {
  fast: { token: 1000, coefficient: 50, consensus: 1200 },
  standard: { token: 3000, coefficient: 650, consensus: 3600 },
  tolerant: { token: 30000, coefficient: 650, consensus: 36000 },
} as const;

/** Never longer than what corosync accepts for a cluster name. */
const clusterName = (deployment: string, cluster: Cluster): string => `${deployment}-${cluster.name}`;

export function renderCorosync(deployment: string, cluster: Cluster): string {
  const { token, coefficient, consensus } = timings[cluster.failureDetection];
  const members = cluster.members.length;
  return `# Written by Quorate for ${deployment}; the same on every member.
totem {
    version: 2
    cluster_name: ${clusterName(deployment, cluster)}
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    token: ${token}
    token_coefficient: ${coefficient}
    consensus: ${consensus + coefficient * Math.max(0, members - 2)}
}

system {
    # Containers may not lock memory or raise socket buffers; elsewhere the privileged way is taken first.
    allow_knet_handle_fallback: yes
}

quorum {
    provider: corosync_votequorum
${members === 2 ? '    # Exactly two votes: one is enough, after both were seen once (wait_for_all is implied).\n    two_node: 1\n' : ''}}

nodelist {
${cluster.members.map((node) => renderNode(cluster, node)).join('')}}

logging {
    to_syslog: yes
    to_logfile: no
    to_stderr: no
}
`;
}

function renderNode(cluster: Cluster, node: Node): string {
  const link = node.addresses.find(({ network }) => network === cluster.heartbeat);
  invariant(link, `${node.name} is on its cluster's heartbeat network`);
  return `    node {
        name: ${node.name}
        nodeid: ${node.id}
        ring0_addr: ${link.address}
    }
`;
}
