/**
 * Load balancers of a living cluster: what they have loaded, and another configuration for them, checked and
 * reloaded on each so that no connection is lost. Follows HAProxy's Management Guide 3.0, "Master CLI"
 * (`reload` answers only when the new process serves) and "Seamless reloads".
 */
import { haproxyPath } from '../artefacts/haproxy/load-balancer-files.ts';
import { renderHaproxy } from '../artefacts/haproxy/render-haproxy.ts';
import type { NodeAccess } from '../clouds/cloud.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { Cluster, Topology } from '../topology/topology.ts';

const next = `${haproxyPath}.next`;
const commandTimeoutMs = 60_000;

/** A new process takes over listeners and health within a second; a node that is short of memory may take longer. */
const reloadTimeoutSeconds = 30;

const invalid = 65;

/** The configuration that is loaded, not the one on the disk: a run may have been killed between the two. */
export const balancerQuestion = [
  'sh',
  '-c',
  `systemctl is-active --quiet haproxy || exec cat ${haproxyPath}
echo 'show info; show stat -1 4 -1' | socat -t 3 - /run/haproxy/admin.sock`,
];

const reload = `haproxy -c -q -f ${next} || exit ${invalid}
mv -f ${next} ${haproxyPath} || exit 1
systemctl is-active --quiet haproxy || exit 0
echo 'show servers state' | socat -t 3 - /run/haproxy/admin.sock >/run/haproxy/servers.state
said=$(echo reload | socat -t ${reloadTimeoutSeconds} - /run/haproxy-master.sock)
case $said in Success=1*) exit 0 ;; esac
echo "$said" >&2
exit 1`;

/** Throws CLUSTER_REFUSED in HAProxy's words, NODE_UNREACHABLE. One whose HAProxy does not run takes it at its next start. */
export async function updateLoadBalancers(
  access: NodeAccess,
  topology: Topology,
  cluster: Cluster,
  nodes: readonly string[],
): Promise<void> {
  const text = renderHaproxy(topology, cluster);
  await Promise.all(
    nodes.map(async (node) => {
      await access.put(node, next, text, 0o644);
      const { exitCode, stdout, stderr } = await access.run(node, ['sh', '-c', reload], {
        timeoutMs: commandTimeoutMs,
      });
      if (exitCode === 0) return;
      const words = `${stderr}\n${stdout}`.trim().slice(0, 2000);
      throw new Refusal('CLUSTER_REFUSED', `HAProxy on ${node} does not take its configuration: ${words}`, {
        retry: exitCode === invalid ? 'never' : 'later',
        data: { node, exitCode },
      });
    }),
  );
}
