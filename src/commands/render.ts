/** Everything that would be given to the nodes, as files to look at or to boot by hand. */
import { renderCib } from '../artefacts/cib/render-cib.ts';
import { renderCorosync } from '../artefacts/corosync/render-corosync.ts';
import { renderStacks } from '../artefacts/heat/index.ts';
import { type NodeBoot, renderNodeBoots } from '../artefacts/node-boot.ts';
import { nodeAccessRules } from '../clouds/openstack/node-rules.ts';
import { renderKnownHosts, type SshKeys } from '../clouds/openstack/ssh/ssh-files.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster, hasEntry, type Topology } from '../topology/topology.ts';
import type { Context } from './context.ts';
import { readSpec } from './read-spec.ts';

export type RenderedFile = { readonly path: string; readonly text: string };

export type Rendering = {
  readonly name: string;
  /** The files hold real keys: whoever reads them is a node. */
  readonly secret: boolean;
  readonly files: readonly RenderedFile[];
};

/** Throws INVALID_INPUT; with secrets also what `secretsOf` throws. */
export async function render(
  context: Context,
  input: { readonly text: string; readonly cloud?: string; readonly withSecrets: boolean },
): Promise<Rendering> {
  const spec = await readSpec(input.text, input.cloud);
  const known = await (await context.findEngine())?.get(spec.name);
  // The roster of a deployment that exists: its nodes keep their names and addresses.
  const { topology } = deriveTopology(spec, known?.roster ?? emptyRoster);
  const { secrets, access } = input.withSecrets ? await context.secretsOf(topology) : placeholders(topology);
  const clusters = topology.clusters.flatMap((cluster) => [
    { path: `${cluster.name}/corosync.conf`, text: renderCorosync(topology.deployment, cluster) },
    { path: `${cluster.name}/cib.xml`, text: renderCib(topology.deployment, cluster) },
  ]);
  const boots = renderNodeBoots(topology, secrets, access);
  const nodes = boots.flatMap(({ node, userData, networkConfig }) => [
    { path: `nodes/${node.name}/user-data`, text: userData },
    // OpenStack tells a node its addresses by the config drive.
    ...(hasEntry(topology) ? [] : [{ path: `nodes/${node.name}/network-config`, text: networkConfig }]),
  ]);
  const byHand = hasEntry(topology)
    ? [...heatFiles(topology, boots, secrets.credentialSecret), ...sshFiles(secrets)]
    : [];
  return { name: spec.name, secret: input.withSecrets, files: [...clusters, ...nodes, ...byHand] };
}

/** For `ssh -i ssh-key -o UserKnownHostsFile=known_hosts -o HostKeyAlias=quorate-node root@ENTRY`. */
const sshFiles = (secrets: SshKeys): readonly RenderedFile[] => [
  { path: 'ssh-key', text: secrets.sshKey.privateKey },
  { path: 'known_hosts', text: renderKnownHosts(secrets) },
];

/** What `openstack stack create` and `openstack application credential create` take: docs/openstack.md has the commands. */
function heatFiles(
  topology: Topology,
  boots: readonly NodeBoot[],
  credentialSecret: string | undefined,
): readonly RenderedFile[] {
  const userData = new Map(boots.map((boot) => [boot.node.name, boot.userData]));
  return [
    ...renderStacks(topology, userData).flatMap(({ name, template, environment }) => [
      { path: `heat/${name}.yaml`, text: template },
      ...(environment === undefined ? [] : [{ path: `heat/${name}.env.yaml`, text: environment }]),
    ]),
    { path: 'heat/access-rules.json', text: `${JSON.stringify(nodeAccessRules(), undefined, 2)}\n` },
    ...(credentialSecret === undefined ? [] : [{ path: 'heat/credential-secret', text: credentialSecret }]),
  ];
}

function placeholders(topology: Topology) {
  const authkeys = topology.clusters.map(({ name }) => {
    // Base64, because user data says that it is.
    return [name, Buffer.from(`PLACEHOLDER for the authkey of cluster ${name}\n`).toString('base64')] as const;
  });
  return {
    secrets: {
      credentialSecret: undefined,
      authkeys: Object.fromEntries(authkeys),
      sharePassword: 'PLACEHOLDER',
      sshKey: {
        privateKey: 'PLACEHOLDER for the private half\n',
        publicKey: 'PLACEHOLDER for the key that may come in as root',
      },
      hostKey: { privateKey: 'PLACEHOLDER for the host key\n', publicKey: 'ssh-ed25519 PLACEHOLDER' },
    },
    access: { PLACEHOLDER: 'how the agents reach their cloud; see `quorate render --with-secrets`' },
  };
}
