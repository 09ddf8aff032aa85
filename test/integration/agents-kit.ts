/** Two booted nodes of a deployment with the agents and their credential in place, but no cluster on them. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { buildAgents } from '../../src/agents/build.ts';
import { deadlineIn, retryUntil } from '../../src/agents/deadline.ts';
import { renderNetworkConfig } from '../../src/artefacts/cloud-init/render-network-config.ts';
import type { NodeAccess } from '../../src/clouds/cloud.ts';
import { apiPath, createIncusClient, type IncusClient } from '../../src/clouds/local/incus/client.ts';
import type { IncusEndpoint } from '../../src/clouds/local/incus/transport.ts';
import { createLocalCloud } from '../../src/clouds/local/local-cloud.ts';
import { projectName } from '../../src/clouds/local/names.ts';
import { makeSecrets } from '../../src/engine/secrets/deployment-secrets.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { emptyRoster } from '../../src/topology/topology.ts';
import { obtainLocalIncus } from './local-incus.ts';

export type AgentNodes = {
  readonly client: IncusClient;
  readonly project: string;
  readonly pool: string;
  readonly nodes: NodeAccess;
  /** What the nodes have: Incus by HTTPS with the deployment's certificate. */
  readonly credential: Extract<IncusEndpoint, { url: string }>;
  /** A shell script on a node; its output, both streams, and how it ended. */
  readonly sh: (node: string, script: string) => Promise<{ exitCode: number; output: string }>;
  readonly instance: (name: string) => Promise<z.output<typeof Instance>>;
  readonly remove: () => Promise<void>;
};

const Instance = z.object({ status: z.string(), last_used_at: z.string(), devices: z.record(z.string(), z.unknown()) });

const Credential = z.object({
  url: z.string(),
  certificate: z.string(),
  key: z.string(),
  serverCertificate: z.string(),
});

export async function bootAgentNodes(deployment: string): Promise<AgentNodes> {
  const incus = await obtainLocalIncus();
  const cloud = createLocalCloud(incus);
  const { spec, diagnostics } = parseSpec(specText(deployment));
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  const { topology } = deriveTopology(spec, emptyRoster);
  const secrets = await makeSecrets(deployment, []);
  await cloud.removeAll(deployment, () => undefined);
  await cloud.ensureTenant(topology, secrets);
  // As the engine does: Incus 6.0 sometimes fails to make a bridge while interfaces of other instances go.
  const again = () => undefined;
  await retryUntil(deadlineIn(20_000), () => cloud.ensureGround(topology), again);
  const boots = topology.clusters
    .flatMap(({ members }) => members)
    .map((node) => ({
      node,
      userData: '#cloud-config\n',
      networkConfig: renderNetworkConfig(node, topology.networks),
    }));
  await cloud.ensureNodes(topology, boots);

  const nodes = cloud.access(topology);
  const access = await cloud.nodeAccess(topology, secrets);
  const built = await mkdtemp(join(tmpdir(), 'quorate-agents-'));
  await buildAgents(built);
  const files = [
    ['agents.mjs', '/usr/lib/quorate/agents.mjs', 0o644],
    ['fence_quorate', '/usr/sbin/fence_quorate', 0o755],
    ['incus-volume', '/usr/lib/ocf/resource.d/quorate/incus-volume', 0o755],
  ] as const;
  for (const { node } of boots) {
    for (const [name, path, mode] of files)
      await nodes.put(node.name, path, readFileSync(join(built, name), 'utf8'), mode);
    await nodes.put(node.name, '/etc/quorate/cloud.json', JSON.stringify(access), 0o600);
  }
  await rm(built, { recursive: true });
  const client = createIncusClient({ socketPath: incus.socketPath });
  const project = projectName(deployment);
  return {
    client,
    project,
    pool: incus.settings.volumePool,
    nodes,
    credential: Credential.parse(access),
    sh: async (node, script) => {
      const { exitCode, stdout, stderr } = await nodes.run(node, ['sh', '-c', script], { timeoutMs: 120_000 });
      return { exitCode, output: stdout + stderr };
    },
    instance: (name) => client.get(apiPath(['instances', name]), Instance, { project }),
    remove: () => cloud.removeAll(deployment, () => undefined),
  };
}

const specText = (deployment: string) => `
apiVersion: quorate/v1
name: ${deployment}
cloud: local
cluster: {nodes: 2, flavor: small}
storage:
  - {name: data, sizeGiB: 1, mount: /srv/data, attach: moving}
`;
