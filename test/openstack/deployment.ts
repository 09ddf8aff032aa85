/** Deployments for zone `fake`, where servers are made by the real Nova and never run. */
import { afterAll } from 'vitest';
import type { Cloud, DeploymentSecrets, NodeBoot } from '../../src/clouds/cloud.ts';
import { createOpenStackClient } from '../../src/clouds/openstack/client/index.ts';
import { createOpenStackCloud } from '../../src/clouds/openstack/openstack-cloud.ts';
import type { OpenStackSettings } from '../../src/clouds/openstack/settings.ts';
import { makeSecrets } from '../../src/engine/secrets/deployment-secrets.ts';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { allNodes, emptyRoster, type Topology } from '../../src/topology/topology.ts';
import { everythingOf } from './audit.ts';
import { ensureBed, makeTestProject } from './bed.ts';

export const fakeZone: OpenStackSettings = { availabilityZone: 'fake', externalNetwork: 'public' };

/** For a file's tests: a project of its own with an ordinary user in it, and the cloud as that user has it, empty. */
export async function ownProject(owner: string) {
  const admin = await ensureBed();
  const operator = createOpenStackClient(admin);
  const project = await makeTestProject(admin, owner);
  afterAll(() => project.remove());
  const cloud = createOpenStackCloud({ credentials: project.credentials, settings: fakeZone });
  for (const name of await cloud.deployments()) await removed(cloud, name);
  return { operator, project, cloud, inventory: () => everythingOf(operator, project) };
}

/** `rest`: YAML on the left margin, beside name, cloud and image. `roster`: what it has given out before. */
export function derivedFor(name: string, rest: string, roster = emptyRoster) {
  const { spec, diagnostics } = parseSpec(`apiVersion: quorate/v1\nname: ${name}\ncloud: bed\nimage: tiny\n${rest}\n`);
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return deriveTopology(spec, roster);
}

export const topologyFor = (name: string, rest: string): Topology => derivedFor(name, rest).topology;

export const clusterOf = (nodes: number): string =>
  `cluster: { nodes: ${nodes}, flavor: tiny }\nvips: [{ name: web, ports: [80] }, { name: inner, external: none }]`;

export const secretsFor = (topology: Topology): Promise<DeploymentSecrets> =>
  makeSecrets(
    topology.deployment,
    topology.clusters.map(({ name }) => name),
  );

export const bootsFor = (topology: Topology, names?: readonly string[]): readonly NodeBoot[] =>
  allNodes(topology)
    .filter(({ name }) => names === undefined || names.includes(name))
    .map((node) => ({ node, userData: `#cloud-config\n# ${node.name}\n{}\n`, networkConfig: '' }));

export async function makeAll(cloud: Cloud, topology: Topology, secrets: DeploymentSecrets): Promise<void> {
  await cloud.ensureTenant(topology, secrets);
  await cloud.ensureGround(topology);
  await ensureNodes(cloud, topology, bootsFor(topology));
}

/** Heat may take longer for a large stack than one wait for it; the engine makes the same call again, as here. */
export async function ensureNodes(cloud: Cloud, topology: Topology, boots: readonly NodeBoot[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await cloud.ensureNodes(topology, boots);
    } catch (error) {
      if (asRefusal(error)?.code !== 'TIMED_OUT' || attempt === 4) throw error;
    }
  }
}

export const removed = async (cloud: Cloud, deployment: string): Promise<readonly string[]> => {
  const told: string[] = [];
  await cloud.removeAll(deployment, (what) => told.push(what));
  return told;
};
