/** What the cloud contract is run on: a cloud with its surroundings, and a deployment to make there. */
import type { Cloud, DeploymentSecrets, NodeBoot } from '../../src/clouds/cloud.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { allNodes, emptyRoster, type Topology } from '../../src/topology/topology.ts';

export type CloudUnderTest = {
  readonly cloud: Cloud;
  /** Of a deployment; the same ones each time. */
  readonly secrets: (deployment: string) => Promise<DeploymentSecrets>;
  /** Everything the cloud holds, by name, that no other deployment owns. */
  readonly inventory: () => Promise<readonly string[]>;
  /** Whether a TCP connection from outside opens. */
  readonly knock: (address: string, port: number) => Promise<boolean>;
};

/** How the suite is run on a cloud; nothing of it for the local one. */
export type Place = {
  /** What the specification says beside the deployment itself: YAML on the left margin. */
  readonly spec?: string;
  /** Why nothing runs in the nodes; what needs them is then skipped with these words. */
  readonly noGuests?: string;
  readonly timeoutMs?: number;
};

/** A basic deployment of two nodes, with an outside VIP, an inside one, and a volume of either kind. */
export function topologyOf(
  name: string,
  changes: { readonly ports?: string; readonly external?: string; readonly spec?: string | undefined } = {},
): Topology {
  const parsed = parseSpec(`apiVersion: quorate/v1
name: ${name}
${changes.spec ?? ''}
cluster: { nodes: 2, flavor: tiny }
vips:
  - { name: web, ports: ${changes.ports ?? '[8080]'}, external: ${changes.external ?? 'auto'} }
  - { name: inner, external: none }
storage:
  - { name: data, sizeGiB: 1, mount: /srv/data, attach: shared }
  - { name: log, sizeGiB: 1, mount: /srv/log, attach: moving }
`);
  if (parsed.spec === undefined) throw new Error(JSON.stringify(parsed.diagnostics));
  return deriveTopology(parsed.spec, emptyRoster).topology;
}

/** Nodes with addresses and nothing else: what runs on them is not the cloud's concern. */
export const bareBoots = (topology: Topology): readonly NodeBoot[] =>
  allNodes(topology).map((node) => {
    const ethernets = node.addresses.map(({ network, address, prefix }, index) => {
      const router = topology.networks.find(({ name, routed }) => name === network && routed);
      const routes = router === undefined ? [] : [{ to: '0.0.0.0/0', via: router.gateway }];
      return [`eth${index}`, { dhcp4: false, addresses: [`${address}/${prefix}`], routes }];
    });
    return {
      node,
      userData: '#cloud-config\n{}\n',
      networkConfig: JSON.stringify({ version: 2, ethernets: Object.fromEntries(ethernets) }),
    };
  });

export async function ensureAll(
  { cloud, secrets }: Pick<CloudUnderTest, 'cloud' | 'secrets'>,
  topology: Topology,
): Promise<void> {
  await cloud.ensureTenant(topology, await secrets(topology.deployment));
  await cloud.ensureGround(topology);
  await cloud.ensureNodes(topology, bareBoots(topology));
}

export async function eventually<Value>(what: string, work: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await work().catch(() => undefined);
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
