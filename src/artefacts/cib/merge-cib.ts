/**
 * A live CIB and the one we render now -> the live CIB with our part replaced. What others added stays;
 * what we had written and no longer want goes: our tag in the live CIB lists it. Nodes and status are the
 * cluster's own and never touched, but for the remote nodes that are new and what we say of each.
 */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { copyInto } from './raw.ts';
import { ownAttributes } from './remotes.ts';
import { ownProperties, ownTag } from './render-cib.ts';

const ownSets = [
  ['crm_config', 'cluster_property_set', ownProperties],
  ['op_defaults', 'meta_attributes', `${ownTag}-op-defaults`],
  ['rsc_defaults', 'meta_attributes', `${ownTag}-rsc-defaults`],
  ['tags', 'tag', ownTag],
] as const;

/** @throws XmlParseError when either text is not a CIB */
export function mergeCib(liveXml: string, desiredXml: string): string {
  using live = XmlDocument.fromString(liveXml);
  using desired = XmlDocument.fromString(desiredXml);
  const wanted = new Set(desired.find(`//tag[@id="${ownTag}"]/obj_ref/@id`).map((id) => id.content));
  const owned = new Set(live.find(`//tag[@id="${ownTag}"]/obj_ref/@id`).map((id) => id.content));
  for (const name of ['resources', 'constraints']) {
    const section = sectionOf(live, name);
    for (const element of section.find('./*') as XmlElement[]) {
      const id = element.attr('id')?.value ?? '';
      if (owned.has(id) || wanted.has(id)) element.remove();
    }
    for (const element of sectionOf(desired, name).find('./*')) copyInto(section, element as XmlElement);
  }
  for (const [section, kind, id] of ownSets) {
    const place = sectionOf(live, section);
    place.get(`./${kind}[@id="${id}"]`)?.remove();
    const source = desired.get(`/cib/configuration/${section}/${kind}[@id="${id}"]`);
    if (source !== null) copyInto(place, source as XmlElement);
  }
  mergeRemoteNodes(sectionOf(live, 'nodes'), sectionOf(desired, 'nodes'));
  return live.toString({ format: true });
}

/** One that goes keeps its entry, and so its standby, until its connection has ended: `forget-node` takes it away. */
function mergeRemoteNodes(live: XmlElement, desired: XmlElement): void {
  for (const node of desired.find('./node[@type="remote"]') as XmlElement[]) {
    const name = node.attr('id')?.value ?? '';
    const known = live.get(`./node[@id="${name}"]`) as XmlElement | null;
    if (known === null) {
      copyInto(live, node);
      continue;
    }
    known.get(`./instance_attributes[@id="${ownAttributes(name)}"]`)?.remove();
    for (const attributes of node.find('./instance_attributes')) copyInto(known, attributes as XmlElement);
  }
}

function sectionOf(document: XmlDocument, name: string): XmlElement {
  const found = document.get(`/cib/configuration/${name}`);
  if (found !== null) return found as XmlElement;
  return (document.get('/cib/configuration') as XmlElement).addElement(name);
}
