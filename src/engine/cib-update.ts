/**
 * One change of a cluster's resources: fetched, merged, verified and patched in at one member, as one
 * transaction that fails when anybody changed the CIB meanwhile (cibadmin(8), crm_diff(8), crm_verify(8);
 * the way of linux-system-roles' ha_cluster). Pacemaker replicates it to the others.
 */
import { mergeCib } from '../artefacts/cib/merge-cib.ts';
import { renderCib } from '../artefacts/cib/render-cib.ts';
import type { NodeAccess, RunResult } from '../clouds/cloud.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { Cluster } from '../topology/topology.ts';
import { quorateMember } from './observe.ts';

/** In memory, and swept by the next update when this one is killed. */
const directory = '/run/quorate-cib';
const live = `${directory}/live.xml`;
const wanted = `${directory}/wanted.xml`;
const patch = `${directory}/patch.xml`;

/** A busy cluster records operations all the time, and each makes the fetched CIB an old one. */
const attempts = 5;
const commandTimeoutMs = 30_000;

/** Exit codes: crm_diff(8), and Pacemaker's own (`crm_error --exit --list`). */
const differs = 1;
const badData = 65;
const badConfiguration = 78;
const tooOld = 103;
const otherDigest = 104;

/** Throws CLUSTER_REFUSED in Pacemaker's words; NODE_UNREACHABLE. The secrets of a CIB stay in root's files. */
export async function updateResources(access: NodeAccess, deployment: string, cluster: Cluster): Promise<void> {
  const node = await quorateMember(access, cluster);
  if (node === undefined) {
    throw new Refusal('CLUSTER_REFUSED', `no member of ${cluster.name} answers with quorum`, { retry: 'later' });
  }
  const desired = renderCib(deployment, cluster);
  const run = (argv: readonly string[]) => access.run(node, argv, { timeoutMs: commandTimeoutMs });
  try {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await updateOnce(access, node, run, desired);
      if (outcome.exitCode === 0) return;
      if (outcome.exitCode !== tooOld && outcome.exitCode !== otherDigest) {
        const hopeless = outcome.exitCode === badData || outcome.exitCode === badConfiguration;
        throw refused('Pacemaker refused the update', outcome, hopeless ? 'never' : 'later');
      }
      if (attempt === attempts) throw refused('the cluster changed under every attempt to update it', outcome, 'later');
    }
  } finally {
    await run(['rm', '-rf', directory]).catch(() => undefined);
  }
}

type Run = (argv: readonly string[]) => Promise<RunResult>;

/** The result of the patch. */
async function updateOnce(access: NodeAccess, node: string, run: Run, desired: string): Promise<RunResult> {
  const fetched = await run(['cibadmin', '--query']);
  if (fetched.exitCode !== 0) throw refused('the CIB could not be read', fetched, 'later');
  const merged = mergeCib(fetched.stdout, desired);
  const made = await run(['sh', '-c', `rm -rf ${directory} && mkdir -m 0700 ${directory}`]);
  if (made.exitCode !== 0) throw refused(`no place for the update on ${node}`, made, 'later');
  await access.put(node, live, fetched.stdout, 0o600);
  await access.put(node, wanted, nextEpoch(merged), 0o600);
  await verify(run);
  const diff = await run(['sh', '-c', `crm_diff --cib --original ${live} --new ${wanted} > ${patch}`]);
  if (diff.exitCode !== 0 && diff.exitCode !== differs)
    throw refused('the update could not be computed', diff, 'never');
  return run(['cibadmin', '--patch', '--xml-file', patch]);
}

/** What Pacemaker already has to say about the CIB that runs is none of this update's business. */
async function verify(run: Run): Promise<void> {
  const words = ({ stdout, stderr }: RunResult) => `${stdout}${stderr}`;
  const verified = await run(['crm_verify', '--verbose', '--xml-file', wanted]);
  if (verified.exitCode === 0) return;
  const before = await run(['crm_verify', '--verbose', '--xml-file', live]);
  if (words(before) !== words(verified)) throw refused('Pacemaker does not accept these resources', verified, 'never');
}

/** Tried on 3.0.0: a patch whose epoch is not above the live one's is refused as old; crm_diff does not raise it. */
function nextEpoch(cib: string): string {
  return cib.replace(/(<cib\b[^>]*\sepoch=")(\d+)(")/, (_, before: string, epoch: string, after: string) => {
    return `${before}${Number(epoch) + 1}${after}`;
  });
}

function refused(what: string, result: RunResult, retry: 'later' | 'never'): Refusal {
  const words = `${result.stderr}\n${result.stdout}`
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .slice(0, 2000);
  return new Refusal('CLUSTER_REFUSED', words === '' ? what : `${what}: ${words}`, {
    retry,
    ...(retry === 'never'
      ? { next: 'correct the services, VIPs or raw parts of the specification and apply it again' }
      : {}),
    data: { exitCode: result.exitCode },
  });
}
