/**
 * A CIB -> the same with a status in which everything runs, as Pacemaker itself would have recorded it: for every node
 * what was probed there and what was started. `crm_simulate -S` comes to the same, within minutes at 500 nodes.
 * Source: "Pacemaker Explained", Status; `crm_simulate -R` of the result must find nothing to do.
 */
import { createHash } from 'node:crypto';
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import type { Cluster, Node } from '../src/topology/topology.ts';

type Resource = {
  readonly id: string;
  /** Class, provider and type as attributes. */
  readonly agent: string;
  readonly monitorMs: number;
  /** Of what it was started with: another one, and Pacemaker would start it again. */
  readonly startDigest: string;
  readonly monitorDigest: string;
};

/** @param probedEverywhere without `resource-discovery="exclusive"` every resource is looked for on every node */
export function settled(cib: string, cluster: Cluster, probedEverywhere: boolean): string {
  const resources = primitivesOf(cib);
  const states = [...cluster.members, ...cluster.remotes].map((node) => {
    const histories = resources.flatMap((resource) => {
      const { candidates, running } = placesOf(cluster, resource.id);
      if (running.includes(node.name)) return [history(resource, node.name, true)];
      // A remote connection lives on members, wherever anything is looked for.
      const connects = cluster.remotes.some(({ name }) => name === resource.id);
      const probed = candidates.includes(node.name) || (probedEverywhere && !connects);
      return probed ? [history(resource, node.name, false)] : [];
    });
    return nodeState(node, histories.join(''));
  });
  return cib
    .replace('<cib ', '<cib have-quorum="1" dc-uuid="1" ')
    .replace('<status/>', `<status>${states.join('')}</status>`);
}

/** Where a resource of the bench's cluster may run, and where it does: spread as Pacemaker would. */
function placesOf({ members, remotes, vips, services }: Cluster, id: string) {
  const core = members.map(({ name }) => name);
  const connection = remotes.findIndex(({ name }) => name === id);
  if (connection >= 0) return { candidates: core, running: [core[connection % core.length]] };
  const found = services.find(({ name }) => name === id) ?? vips.find(({ name }) => `vip-${name}` === id);
  if (found === undefined) return { candidates: core, running: core.slice(0, 1) };
  const candidates = remotes.filter(({ tier }) => tier === found.role).map(({ name }) => name);
  if ('run' in found && found.run === 'clone') return { candidates, running: candidates };
  return { candidates, running: id.endsWith('-two') ? candidates.slice(1, 2) : candidates.slice(0, 1) };
}

function primitivesOf(cib: string): readonly Resource[] {
  using document = XmlDocument.fromString(cib);
  return (document.find('//primitive') as XmlElement[]).map((primitive) => {
    const text = (xpath: string) => primitive.find(xpath)[0]?.content;
    const provider = text('@provider');
    const milliseconds = (written = '0s') => Number.parseInt(written, 10) * 1000;
    const params = (primitive.find('instance_attributes/nvpair') as XmlElement[]).map(
      (pair) => [pair.attr('name')?.value ?? '', pair.attr('value')?.value ?? ''] as const,
    );
    const timeout = String(milliseconds(text('.//op[@name="monitor"]/@timeout')));
    return {
      id: text('@id') ?? '',
      agent: `class="${text('@class')}"${provider === undefined ? '' : ` provider="${provider}"`} type="${text('@type')}"`,
      monitorMs: milliseconds(text('.//op[@name="monitor"]/@interval')),
      startDigest: digestOf(params),
      monitorDigest: digestOf([...params, ['CRM_meta_timeout', timeout]]),
    };
  });
}

/** Pacemaker's `calculate_xml_digest_v1`. */
function digestOf(params: readonly (readonly [string, string])[]): string {
  const sorted = params.toSorted(([left], [right]) => (left < right ? -1 : 1));
  const attributes = sorted.map(([name, value]) => ` ${name}="${value}"`).join('');
  return createHash('md5').update(` <parameters${attributes}/>\n`).digest('hex');
}

function nodeState({ name, kind, id }: Node, histories: string): string {
  const state =
    kind === 'member'
      ? `id="${id}" uname="${name}" in_ccm="true" crmd="online" join="member" expected="member"`
      : `id="${name}" uname="${name}" remote_node="true" in_ccm="true"`;
  const lrm = kind === 'member' ? id : name;
  return `<node_state ${state}><lrm id="${lrm}"><lrm_resources>${histories}</lrm_resources></lrm></node_state>`;
}

function history(resource: Resource, node: string, runs: boolean): string {
  const { id, agent, monitorMs, startDigest, monitorDigest } = resource;
  const operations = runs
    ? [operation(id, node, 'start', 0, 0, startDigest), operation(id, node, 'monitor', monitorMs, 0, monitorDigest)]
    : [operation(id, node, 'monitor', 0, 7, startDigest)];
  return `<lrm_resource id="${id}" ${agent}>${operations.join('')}</lrm_resource>`;
}

function operation(
  resource: string,
  node: string,
  name: string,
  intervalMs: number,
  exitCode: number,
  digest: string,
): string {
  const id = intervalMs === 0 ? `${resource}_last_0` : `${resource}_${name}_${intervalMs}`;
  const transition = `1:0:${exitCode}:00000000-0000-0000-0000-000000000000`;
  return `<lrm_rsc_op id="${id}" operation_key="${resource}_${name}_${intervalMs}" operation="${name}" crm_feature_set="3.20.0" transition-key="${transition}" transition-magic="0:${exitCode};${transition}" on_node="${node}" call-id="1" rc-code="${exitCode}" op-status="0" interval="${intervalMs}" last-rc-change="1" exec-time="0" queue-time="0" op-digest="${digest}"/>`;
}
