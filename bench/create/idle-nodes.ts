/**
 * Three nodes of the product's own image and cloud that are booted and idle: addresses, the fence agent's
 * credential and the volume are there, and nothing of a cluster. Both ways of making one start from here.
 */
import { parse, stringify } from 'yaml';
import { type NodeBoot, renderNodeBoots } from '../../src/artefacts/node-boot.ts';
import type { Cloud, NodeAccess } from '../../src/clouds/cloud.ts';
import { findHost } from '../../src/clouds/local/host/ensure-host.ts';
import { createLocalCloud } from '../../src/clouds/local/local-cloud.ts';
import { makeSecrets } from '../../src/engine/secrets/deployment-secrets.ts';
import { invariant } from '../../src/kernel/invariant.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { type Cluster, emptyRoster, type Topology } from '../../src/topology/topology.ts';
import { stateDirectory } from '../../test/e2e/harness/incus.ts';
import { basicText } from '../../test/e2e/harness/spec-text.ts';
import type { Bench } from '../bench.ts';
import { clusterFiles, type NodeFile } from './node-files.ts';

export type IdleNodes = {
  readonly cloud: Cloud;
  readonly topology: Topology;
  readonly cluster: Cluster;
  readonly names: readonly string[];
  readonly access: NodeAccess;
  /** What `quorate apply` would have made cloud-init write for a member: configuration, key, CIB. */
  readonly files: readonly NodeFile[];
  /** `http://ADDRESS/healthz`, outside, of its one VIP. */
  readonly url: string;
};

const name = 'bench-idle';

export async function makeIdleNodes({ report, atEnd }: Bench): Promise<IdleNodes> {
  const host = await findHost(stateDirectory);
  invariant(host, 'the local cloud is set up');
  const cloud = createLocalCloud(host);
  const removeAll = () => cloud.removeAll(name, (what) => report.progress(`removing ${what}`));
  atEnd(removeAll);
  await removeAll();
  const { topology, cluster } = basicTopology();
  const secrets = await makeSecrets(name, [cluster.name]);
  report.progress('booting three idle nodes');
  await cloud.ensureTenant(topology, secrets);
  await cloud.ensureGround(topology);
  const boots = renderNodeBoots(topology, secrets, await cloud.nodeAccess(topology, secrets));
  await cloud.ensureNodes(topology, boots.map(withoutCluster));
  const access = cloud.access(topology);
  const names = cluster.members.map((node) => node.name);
  await everywhere({ access, names }, 'cloud-init status --wait');
  const outside = Object.values((await cloud.observe(topology)).outside)[0];
  invariant(outside !== undefined && boots[0] !== undefined, 'the example has a VIP outside and nodes');
  const files = clusterFiles(boots[0].userData).cluster;
  return { cloud, topology, cluster, names, access, files, url: `http://${outside.address}/healthz` };
}

/** On all nodes at once. @throws Error with what the first one that failed said */
export async function everywhere(
  { access, names }: Pick<IdleNodes, 'access' | 'names'>,
  script: string,
  stdin = '',
): Promise<void> {
  await Promise.all(names.map((node) => onNode(access, node, script, stdin)));
}

/** Minutes: a slow machine installs packages, and a cluster that does not form has to say so by itself. */
const patienceMs = 300_000;

export async function onNode(access: NodeAccess, node: string, script: string, stdin = ''): Promise<string> {
  const ran = await access.run(node, ['sh', '-ec', script], { stdin, timeoutMs: patienceMs });
  if (ran.exitCode === 0) return ran.stdout;
  throw new Error(`on ${node}, this ended with ${ran.exitCode}: ${script}\n${ran.stdout}\n${ran.stderr}`);
}

function basicTopology(): { readonly topology: Topology; readonly cluster: Cluster } {
  const { spec } = parseSpec(basicText(name));
  invariant(spec, 'the example is valid');
  const { topology } = deriveTopology(spec, emptyRoster);
  const [cluster] = topology.clusters;
  invariant(cluster, 'the example has one cluster');
  return { topology, cluster };
}

function withoutCluster(boot: NodeBoot): NodeBoot {
  const document = parse(boot.userData) as Record<string, unknown>;
  const rest = { ...document, write_files: clusterFiles(boot.userData).other };
  return { ...boot, userData: `#cloud-config\n${stringify(rest, { lineWidth: 0 })}` };
}
