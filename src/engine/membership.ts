/**
 * Changes of a living cluster's members, each safe to repeat: corosync.conf on every member before one
 * reload makes all of them read it, so that a kill in between leaves the old list in force everywhere.
 * Follows corosync-cfgtool(8) -R, crm_standby(8), crm_node(8) --remove.
 */
import { renderHosts } from '../artefacts/cloud-init/render-hosts.ts';
import { renderCorosync } from '../artefacts/corosync/render-corosync.ts';
import type { NodeAccess, RunResult } from '../clouds/cloud.ts';
import { Refusal } from '../kernel/refusal.ts';
import { type ListedMember, parseNodelist } from '../status/parse-nodelist.ts';
import type { Cluster, Node, Topology } from '../topology/topology.ts';
import { quorateMember } from './observe.ts';

/** Stopping a member waits for its resources' stop operations, which are not there any more when it is drained. */
const commandTimeoutMs = 120_000;

/** Throws CLUSTER_REFUSED, NODE_UNREACHABLE. */
export async function updateMembership(
  access: NodeAccess,
  topology: Topology,
  cluster: Cluster,
  names: readonly string[],
): Promise<void> {
  const speaker = await speakerOf(access, cluster);
  const listed = parseNodelist((await must(access, speaker, ['corosync-cmapctl', 'nodelist.'])).stdout);
  const members = names.map((name) => memberOf(cluster, listed, name));
  const conf = renderCorosync(topology.deployment, { ...cluster, members });
  const hosts = renderHosts(topology);
  // Who joins has its files from its first boot; who is listed already must have the new one before the reload.
  const living = members.filter(({ name }) => listed.some((each) => each.name === name));
  await Promise.all(
    living.map(async ({ name }) => {
      await access.put(name, '/etc/hosts', hosts, 0o644);
      await access.put(name, '/etc/corosync/corosync.conf', conf, 0o644);
    }),
  );
  await must(access, speaker, ['corosync-cfgtool', '-R']);
}

/** A member that the topology knows no more is still in corosync's own list. */
function memberOf(cluster: Cluster, listed: readonly ListedMember[], name: string): Node {
  const known = cluster.members.find((node) => node.name === name);
  if (known !== undefined) return known;
  const member = listed.find((each) => each.name === name);
  if (member === undefined)
    throw new Refusal('CLUSTER_REFUSED', `corosync does not list ${name} any more`, { retry: 'later' });
  const address = { network: cluster.heartbeat, address: member.address, prefix: 0 };
  return { name, tier: cluster.name, kind: 'member', id: member.id, flavor: '', addresses: [address] };
}

export async function drainNode(access: NodeAccess, cluster: Cluster, node: string): Promise<void> {
  await must(access, await speakerOf(access, cluster), ['crm_standby', '--node', node, '--update', 'on']);
}

/** Disabled too: started again by whomever, it must not come back as a member. */
export async function stopMember(access: NodeAccess, node: string): Promise<void> {
  await must(access, node, ['systemctl', 'disable', '--now', 'pacemaker.service', 'corosync.service']);
}

export async function forgetNode(access: NodeAccess, cluster: Cluster, node: string): Promise<void> {
  await must(access, await speakerOf(access, cluster), ['crm_node', '--force', '--remove', node]);
}

async function speakerOf(access: NodeAccess, cluster: Cluster): Promise<string> {
  const node = await quorateMember(access, cluster);
  if (node !== undefined) return node;
  throw new Refusal('CLUSTER_REFUSED', `no member of ${cluster.name} answers with quorum`, { retry: 'later' });
}

async function must(access: NodeAccess, node: string, argv: readonly string[]): Promise<RunResult> {
  const result = await access.run(node, argv, { timeoutMs: commandTimeoutMs });
  if (result.exitCode === 0) return result;
  const words = `${result.stderr}\n${result.stdout}`.trim().slice(0, 2000);
  throw new Refusal('CLUSTER_REFUSED', `${argv[0]} failed on ${node}: ${words}`, {
    retry: 'later',
    data: { exitCode: result.exitCode },
  });
}
