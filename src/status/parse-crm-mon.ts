/**
 * `crm_mon --output-as=xml -1` -> what it says, in the field's terms. The XML is Pacemaker's stable
 * machine interface (its schema: /usr/share/pacemaker/api/crm_mon-*.rng); human output is never parsed.
 */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import type { Failure, FencingEvent, NodeStatus, ResourceStatus } from './status.ts';

export type MemberView = {
  readonly kind: 'member' | 'remote';
  readonly online: boolean;
  readonly standby: boolean;
  readonly maintenance: boolean;
  readonly pending: boolean;
  readonly unclean: boolean;
};

export type CrmMon = {
  readonly quorate: boolean;
  readonly dc: string | undefined;
  readonly fencingEnabled: boolean;
  readonly nodes: ReadonlyMap<string, MemberView>;
  readonly resources: readonly ResourceStatus[];
  readonly failures: readonly Failure[];
  readonly fencingHistory: readonly FencingEvent[];
};

/** undefined when Pacemaker answered with an error or with something that is not its XML. */
export function parseCrmMon(text: string): CrmMon | undefined {
  let document: XmlDocument;
  try {
    document = XmlDocument.fromString(text);
  } catch {
    return undefined;
  }
  using xml = document;
  const root = xml.root;
  if (root.name !== 'pacemaker-result' || attribute(elements(root, './status')[0], 'code') !== '0') return undefined;
  const dc = elements(root, './summary/current_dc')[0];
  const options = elements(root, './summary/cluster_options')[0];
  return {
    quorate: flag(dc, 'with_quorum'),
    dc: flag(dc, 'present') ? attribute(dc, 'name') : undefined,
    fencingEnabled: flag(options, 'stonith-enabled'),
    nodes: new Map(elements(root, './nodes/node').map((node) => [attribute(node, 'name') ?? '', memberView(node)])),
    resources: parseResources(root),
    failures: elements(root, './failures/failure').map((failure) => ({
      what: attribute(failure, 'op_key') ?? attribute(failure, 'id') ?? '',
      node: attribute(failure, 'node') ?? '',
      reason:
        attribute(failure, 'exitreason') || attribute(failure, 'exitstatus') || attribute(failure, 'status') || '',
    })),
    fencingHistory: elements(root, './fence_history/fence_event').map((event) => ({
      target: attribute(event, 'target') ?? '',
      action: attribute(event, 'action') ?? '',
      state: fencingState(attribute(event, 'status')),
      completed: attribute(event, 'completed') ?? '',
    })),
  };
}

const memberView = (node: XmlElement): MemberView => ({
  kind: attribute(node, 'type') === 'remote' ? 'remote' : 'member',
  online: flag(node, 'online'),
  standby: flag(node, 'standby'),
  maintenance: flag(node, 'maintenance'),
  pending: flag(node, 'pending'),
  unclean: flag(node, 'unclean'),
});

export function memberStatus(member: MemberView): NodeStatus {
  if (member.unclean) return { state: 'unclean' };
  if (!member.online) return { state: 'offline' };
  if (member.pending) return { state: 'joining' };
  if (member.maintenance) return { state: 'maintenance' };
  return { state: member.standby ? 'standby' : 'online' };
}

/** Clones are one resource whose nodes are those of all their instances. */
function parseResources(root: XmlElement): readonly ResourceStatus[] {
  return elements(root, './resources/resource | ./resources/clone | ./resources/group/resource').map((element) => {
    const instances = element.name === 'clone' ? elements(element, './/resource') : [element];
    const nodesOf = (roles: readonly string[]) =>
      instances
        .filter((instance) => roles.includes(attribute(instance, 'role') ?? ''))
        .flatMap((instance) => elements(instance, './node').map((node) => attribute(node, 'name') ?? ''));
    const nodes = nodesOf(['Started', 'Promoted', 'Unpromoted']);
    return {
      id: attribute(element, 'id') ?? '',
      agent: attribute(instances[0], 'resource_agent') ?? '',
      nodes,
      promotedOn: nodesOf(['Promoted']),
      state: resourceState(instances, nodes),
    };
  });
}

function resourceState(instances: readonly XmlElement[], nodes: readonly string[]): ResourceStatus['state'] {
  if (instances.some((instance) => flag(instance, 'blocked'))) return 'blocked';
  if (instances.some((instance) => flag(instance, 'failed'))) return 'failed';
  if (instances.some((instance) => attribute(instance, 'pending') !== undefined)) return 'changing';
  return nodes.length > 0 ? 'started' : 'stopped';
}

function fencingState(status: string | undefined): FencingEvent['state'] {
  if (status === 'success' || status === 'failed') return status;
  return 'pending';
}

const elements = (from: XmlElement, xpath: string): readonly XmlElement[] => from.find(xpath) as XmlElement[];

const attribute = (element: XmlElement | undefined, name: string): string | undefined => element?.attr(name)?.value;

const flag = (element: XmlElement | undefined, name: string): boolean => attribute(element, name) === 'true';
