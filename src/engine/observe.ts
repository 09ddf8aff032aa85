/** One look at a deployment: what its cloud has of it, and what its clusters say of themselves. */
import { digestName } from '../artefacts/cib/render-cib.ts';
import type { Cloud, DeploymentSecrets, NodeAccess } from '../clouds/cloud.ts';
import { asRefusal } from '../kernel/refusal.ts';
import type { CloudObservation, ClusterObservation } from '../status/observation.ts';
import { parseCrmMon } from '../status/parse-crm-mon.ts';
import type { Cluster, Topology } from '../topology/topology.ts';
import { balancerQuestion } from './load-balancers.ts';

export type Sight = {
  readonly cloud: CloudObservation;
  /** By cluster: the view of one member, one with quorum where there is any; missing when nobody answered. */
  readonly members: Readonly<Record<string, ClusterObservation>>;
};

/** Longer than crm_mon needs on a busy node, shorter than a person's patience. */
const askTimeoutMs = 5_000;
/** Asked at once, so that sixteen members do not each pay for every look. */
const atOnce = 3;

/** Throws what the cloud's `observe` throws; a cluster that does not answer is a fact, not an error. */
export async function observeDeployment(
  cloud: Cloud,
  topology: Topology,
  secrets: DeploymentSecrets | undefined,
): Promise<Sight> {
  const seen = await cloud.observe(topology);
  const access = cloud.access(topology, secrets);
  const runs = (node: string) => seen.nodes[node]?.state === 'running';
  const views = await Promise.all(
    topology.clusters.map(async (cluster): Promise<readonly [string, ClusterObservation][]> => {
      const running = namesOf(cluster).filter(runs);
      const [view, balancers] = await Promise.all([
        askMembers(access, running).then(best),
        cluster.loadBalancing === undefined ? undefined : askBalancers(access, running),
      ]);
      if (view === undefined) return [];
      return [[cluster.name, balancers === undefined ? view : { ...view, balancers }]];
    }),
  );
  return { cloud: seen, members: Object.fromEntries(views.flat()) };
}

/** The name of a member that answers as one of a quorate partition; undefined when there is none. */
export async function quorateMember(access: NodeAccess, cluster: Cluster): Promise<string | undefined> {
  return (await askMembers(access, namesOf(cluster))).find(hasQuorum)?.node;
}

const namesOf = (cluster: Cluster): readonly string[] => cluster.members.map((node) => node.name);

const best = (views: readonly ClusterObservation[]): ClusterObservation | undefined =>
  views.find(hasQuorum) ??
  views.find((view) => view.crmMonXml !== undefined) ??
  views.find((view) => view.nodelist !== undefined);

/** A few members at a time, until one speaks for a partition with quorum: the others could add nothing to it. */
async function askMembers(access: NodeAccess, members: readonly string[]): Promise<readonly ClusterObservation[]> {
  const views: ClusterObservation[] = [];
  for (let first = 0; first < members.length; first += atOnce) {
    views.push(...(await Promise.all(members.slice(first, first + atOnce).map((node) => ask(access, node)))));
    if (views.some(hasQuorum)) break;
  }
  return views;
}

/** All of them: each has a configuration of its own. Who does not answer is missing. */
async function askBalancers(access: NodeAccess, nodes: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const answers = await Promise.all(
    nodes.map(async (node): Promise<readonly [string, string][]> => {
      try {
        const { exitCode, stdout } = await access.run(node, balancerQuestion, { timeoutMs: askTimeoutMs });
        return exitCode === 0 ? [[node, stdout]] : [];
      } catch (error) {
        if (asRefusal(error) === undefined) throw error;
        return [];
      }
    }),
  );
  return Object.fromEntries(answers.flat());
}

const mark = '--- quorate ---';
// One command for all: entering a node costs more than any of them. The attribute last: while Pacemaker is
// not up, crm_attribute tries again for seconds, and crm_mon fails at once.
const question = [
  'sh',
  '-c',
  [
    'corosync-cmapctl nodelist. 2>/dev/null',
    `echo '${mark}'`,
    'crm_mon --output-as=xml -1 2>/dev/null || exit 0',
    `echo '${mark}'`,
    `crm_attribute --type crm_config --name ${digestName} --query --quiet 2>/dev/null`,
    'exit 0',
  ].join('\n'),
];

async function ask(access: NodeAccess, node: string): Promise<ClusterObservation> {
  const silent = { node, nodelist: undefined, crmMonXml: undefined, appliedDigest: undefined };
  try {
    const answer = await access.run(node, question, { timeoutMs: askTimeoutMs });
    const [nodelist = '', crmMonXml, digest] = answer.stdout.split(`${mark}\n`);
    return {
      node,
      nodelist: nodelist === '' ? undefined : nodelist,
      // What crm_mon prints when it fails is XML too; only an answer that came to its end is followed by a mark.
      crmMonXml: digest === undefined ? undefined : crmMonXml,
      appliedDigest: digest === undefined || digest.trim() === '' ? undefined : digest.trim(),
    };
  } catch (error) {
    if (asRefusal(error) === undefined) throw error;
    return silent;
  }
}

// What was cut off on its way is as good as no answer, and parses as none.
const hasQuorum = ({ crmMonXml }: ClusterObservation): boolean =>
  crmMonXml !== undefined && parseCrmMon(crmMonXml)?.quorate === true;
