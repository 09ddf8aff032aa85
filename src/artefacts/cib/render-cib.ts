/**
 * A cluster -> its whole initial CIB, put on every member's disk before Pacemaker's first start, and the
 * digest by which a later change is noticed. Fencing first, then volumes, VIPs, services, constraints.
 * Follows "Pacemaker Explained" (3.0) and the schema pacemaker-4.0.
 */
import { createHash } from 'node:crypto';
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import type { Cluster } from '../../topology/topology.ts';
import { appendConstraints } from './constraints.ts';
import { patienceOf } from './primitive.ts';
import { appendRaw } from './raw.ts';
import { appendRemoteNodes } from './remotes.ts';
import { appendResources } from './resources.ts';
import { append, appendPairs } from './xml.ts';

/** Id of the tag that lists everything Quorate wrote, and the beginning of our sets' ids. */
export const ownTag = 'quorate';
export const ownProperties = 'quorate-properties';
export const digestName = 'quorate-digest';

/** @throws XmlParseError when `raw` is not well-formed; `validateRaw` says so with a place. */
export function renderCib(deployment: string, cluster: Cluster): string {
  const bare = build(deployment, cluster, undefined);
  return build(deployment, cluster, digestOf(bare));
}

/** Sixteen hexadecimal digits that change when anything but the list of members does. */
export const cibDigest = (deployment: string, cluster: Cluster): string =>
  digestOf(build(deployment, cluster, undefined));

function digestOf(cib: string): string {
  const withoutNodes = cib.replace(/<nodes>[\s\S]*?<\/nodes>/, '');
  return createHash('sha256').update(withoutNodes).digest('hex').slice(0, 16);
}

function build(deployment: string, cluster: Cluster, digest: string | undefined): string {
  using document = XmlDocument.create();
  const cib = document.createRoot('cib');
  const versions = {
    crm_feature_set: '3.20.0',
    'validate-with': 'pacemaker-4.0',
    admin_epoch: 0,
    epoch: 1,
    num_updates: 0,
  };
  for (const [name, value] of Object.entries(versions)) cib.setAttr(name, String(value));
  const configuration = append(cib, 'configuration');
  appendPairs(append(configuration, 'crm_config'), 'cluster_property_set', ownProperties, {
    ...properties(deployment, cluster),
    [digestName]: digest,
  });
  const nodes = append(configuration, 'nodes');
  for (const { id, name } of cluster.members) append(nodes, 'node', { id, uname: name });
  appendRemoteNodes(nodes, cluster);
  const resources = append(configuration, 'resources');
  appendResources(resources, cluster);
  appendRaw(resources, cluster.raw.resources);
  const constraints = append(configuration, 'constraints');
  appendConstraints(constraints, cluster);
  appendRaw(constraints, cluster.raw.constraints);
  appendTag(configuration, resources, constraints);
  appendPairs(append(configuration, 'op_defaults'), 'meta_attributes', `${ownTag}-op-defaults`, { timeout: '60s' });
  appendPairs(append(configuration, 'rsc_defaults'), 'meta_attributes', `${ownTag}-rsc-defaults`, {
    // Stay where you are: moving back costs an interruption and gains nothing.
    'resource-stickiness': 100,
    'migration-threshold': 3,
    'failure-timeout': '5min',
    // Every resource counts, so that of two members the one with more of them survives a split.
    priority: 1,
  });
  append(cib, 'status');
  return document.toString({ format: true });
}

function properties(deployment: string, cluster: Cluster) {
  return {
    'cluster-name': `${deployment}-${cluster.name}`,
    'stonith-enabled': true,
    // Above the fence device's own time for one node, retries and delays included.
    'stonith-timeout': `${patienceOf(cluster) * (cluster.powerOff === 'slow' ? 150 : 60)}s`,
    'no-quorum-policy': 'stop',
    // 20 s by default: how long an election waits for members. Those that boot have come by then: the image's
    // await-members holds Pacemaker back until corosync sees them.
    'dc-deadtime': '2s',
    // 15 minutes by default. A connection that breaks while there is no DC is a failure nobody counts, and only a recheck
    // finds that its reconnect_interval is over.
    'cluster-recheck-interval': cluster.remotes.length > 0 ? '60s' : undefined,
    // At least twice pcmk_delay_base, says its documentation.
    'priority-fencing-delay': cluster.members.length === 2 ? '2s' : undefined,
  };
}

function appendTag(configuration: XmlElement, ...sections: readonly XmlElement[]): void {
  const ids = sections.flatMap((section) => section.find('./*/@id').map((id) => id.content));
  const tag = append(append(configuration, 'tags'), 'tag', { id: ownTag });
  for (const id of ids) append(tag, 'obj_ref', { id });
}
