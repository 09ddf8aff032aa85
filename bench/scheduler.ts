/**
 * What the shape of our CIB spares the scheduler: `crm_simulate` of the node image on a core with remote nodes, beside the
 * same cluster written the plain way, with one constraint for each resource and each node where it may not run.
 */
import { renderCib } from '../src/artefacts/cib/render-cib.ts';
import { invariant } from '../src/kernel/invariant.ts';
import { parseSpec } from '../src/spec/parse.ts';
import { deriveTopology } from '../src/topology/derive.ts';
import { type Cluster, emptyRoster } from '../src/topology/topology.ts';
import { type CheckerNode, startCheckerNode } from '../test/integration/checker-node.ts';
import type { Bench } from './bench.ts';
import { renderMs } from './numbers.ts';
import { settled } from './settled-status.ts';

const sizes = [50, 200, 500, 1000];
const roleCount = 10;
const members = 3;
/** A transition that takes longer is of no use to anybody. */
const patienceSeconds = 55;

export async function benchScheduler({ report, signal, atEnd }: Bench): Promise<void> {
  report.heading(
    'Scheduler',
    `crm_simulate, a core of ${members}, ${roleCount} roles, each with a VIP, a cloned service and two others: one member dies`,
  );
  const node = await startCheckerNode();
  atEnd(node.remove);
  for (const size of sizes)
    for (const shape of ['ours', 'plain'] as const) {
      signal.throwIfAborted();
      report.progress(`${size} remote nodes, ${shape}`);
      const cluster = coreWith(size);
      const cib = renderCib('bench', cluster);
      const shaped = shape === 'ours' ? cib : plainly(cib, cluster);
      const ms = await transitionMs(node, settled(shaped, cluster, shape === 'plain'));
      const value = ms === undefined ? `more than ${patienceSeconds} s` : renderMs(ms);
      report.add({ part: 'scheduler', what: `${size} remote nodes, ${shape}`, value, data: { size, shape, ms } });
    }
}

export function coreWith(remotes: number): Cluster {
  const roles = Array.from({ length: roleCount }, (_, index) => `r${index + 1}`);
  const text = [
    'apiVersion: quorate/v1',
    'name: bench',
    `cluster: {nodes: ${members}}`,
    'vips:',
    ...roles.map((role) => `  - {name: v${role}, role: ${role}, external: none}`),
    'roles:',
    ...roles.map(
      (role) =>
        `  ${role}: {services: [{name: ${role}-web, agent: 'systemd:nginx', clone: true}, {name: ${role}-one, agent: 'ocf:pacemaker:Dummy', with: [v${role}]}, {name: ${role}-two, agent: 'ocf:pacemaker:Dummy'}]}`,
    ),
  ].join('\n');
  const { spec, diagnostics } = parseSpec(text);
  invariant(spec, `the cluster of the bench is valid: ${JSON.stringify(diagnostics)}`);
  // Set here, because a file may not ask for more than one core can bear.
  for (const role of Object.values(spec.roles)) role.nodes = remotes / roleCount;
  const { topology } = deriveTopology(spec, emptyRoster);
  const [cluster] = topology.clusters;
  invariant(cluster, 'it has one cluster');
  return cluster;
}

/** What `quorate-role-…` says once, said for each resource and each node of another role. */
export function plainly(cib: string, { remotes, members: core }: Cluster): string {
  return cib.replaceAll(
    /<rsc_location id="quorate-role-([^"]+)"[^>]*>.*?<\/rsc_location>/gs,
    (location: string, role: string) => {
      const resources = [...location.matchAll(/resource_ref id="([^"]+)"/g)].map(([, id]) => id);
      const others = [...core, ...remotes.filter(({ tier }) => tier !== role)];
      return resources
        .flatMap((rsc) =>
          others.map(
            ({ name }) => `<rsc_location id="${rsc}-not-${name}" rsc="${rsc}" node="${name}" score="-INFINITY"/>`,
          ),
        )
        .join('\n');
    },
  );
}

/** CPU and wall are one here: crm_simulate waits for nothing. undefined: it was given up. */
async function transitionMs(node: CheckerNode, cib: string): Promise<number | undefined> {
  await node.put('/bench/cib.xml', cib);
  const simulate = `timeout ${patienceSeconds} crm_simulate -R -q 1 -x /bench/cib.xml`;
  const actions = `sed -n '/^Transition Summary/,$p' /bench/log | grep -c '^  \\*' | grep -x`;
  const startedAt = performance.now();
  const died = await node.sh(`${simulate} -d core-1 >/bench/log`);
  const ms = performance.now() - startedAt;
  if (died.exitCode === 124) return undefined;
  invariant(died.exitCode === 0, `crm_simulate takes the CIB: ${died.output}`);
  invariant((await node.sh(`${actions} -v 0`)).exitCode === 0, 'what the dead member held is started elsewhere');
  const idle = await node.sh(`${simulate} >/bench/log && ${actions} 0`);
  invariant(idle.exitCode === 0 || idle.exitCode === 124, 'there was nothing to do before');
  return ms;
}
