/**
 * The person's own CIB XML, checked before anything exists: well-formed, elements that belong into the
 * section, ids that are theirs alone, names of things that are there. A CIB that Pacemaker does not accept
 * would keep every member from starting. The rest is for Pacemaker's own RelaxNG, where that is at hand.
 */
import { XmlDocument, type XmlElement, XmlParseError } from 'libxml2-wasm';
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { nearest } from '../../spec/suggest.ts';
import type { Cluster } from '../../topology/topology.ts';
import { renderCib } from './render-cib.ts';

/** "Pacemaker Explained": what may stand directly in the section. */
const allowed = {
  resources: ['primitive', 'group', 'clone', 'bundle', 'template'],
  constraints: ['rsc_location', 'rsc_colocation', 'rsc_order', 'rsc_ticket'],
} as const;

type Section = keyof typeof allowed;
const sections: readonly Section[] = ['resources', 'constraints'];

/** In these elements `id` names another element; so do the attributes below (type IDREF in pacemaker-4.0.rng). */
const referring = 'self::resource_ref or self::obj_ref';
const references = `//@rsc | //@with-rsc | //@first | //@then | //@template | //@id-ref | //*[${referring}]/@id`;
const definitions = `//*[not(${referring})]/@id`;

type Part = {
  readonly section: Section;
  readonly elements: readonly { readonly name: string; readonly id: string | undefined }[];
  readonly ids: readonly string[];
  readonly named: readonly string[];
};

export function validateRaw(deployment: string, cluster: Cluster): readonly Diagnostic[] {
  const read = sections.flatMap((section) => readPart(section, cluster.raw[section]));
  const parts = read.filter((part) => 'elements' in part);
  const taken = idsOf(renderCib(deployment, { ...cluster, raw: {} }));
  const own = parts.flatMap(({ ids }) => ids);
  const known = new Set([...taken, ...own]);
  return read.flatMap((part) => {
    if (!('elements' in part)) return [part];
    const repeated = part.ids.filter((id) => own.indexOf(id) !== own.lastIndexOf(id));
    // What is in a part that cannot be read may be what is missing here.
    const unknown = parts.length === read.length ? part.named.filter((id) => !known.has(id)) : [];
    return [
      ...misplaced(part),
      ...part.ids
        .filter((id) => taken.has(id))
        .map((id) => problem(part.section, 'raw-id', `the id ${id} is already used by what Quorate writes`, anotherId)),
      ...[...new Set(repeated)].map((id) =>
        problem(part.section, 'raw-id', `the id ${id} is used more than once`, anotherId),
      ),
      ...[...new Set(unknown)].map((id) => {
        const near = nearest(id, [...known]);
        const hint = near === undefined ? '`quorate render` shows all that there is' : `did you mean ${near}?`;
        return problem(part.section, 'raw-reference', `nothing has the id ${id}`, hint);
      }),
    ];
  });
}

const anotherId = 'choose another id';

const problem = (section: Section, code: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: 'error',
  path: ['raw', section],
  message,
  hint,
});

function readPart(section: Section, xml: string | undefined): readonly (Part | Diagnostic)[] {
  if (xml === undefined) return [];
  try {
    using document = XmlDocument.fromString(`<raw>${xml}</raw>`);
    const contents = (xpath: string) => document.find(xpath).map(({ content }) => content);
    const elements = (document.root.find('./*') as XmlElement[]).map((element) => ({
      name: element.name,
      id: element.attr('id')?.value,
    }));
    return [{ section, elements, ids: contents(definitions), named: contents(references) }];
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    const message = `is not well-formed XML: ${error.message.trim()}`;
    return [problem(section, 'raw-xml', message, 'close every element and quote every attribute')];
  }
}

function misplaced({ section, elements }: Part): readonly Diagnostic[] {
  const names: readonly string[] = allowed[section];
  return [
    ...elements
      .filter(({ name }) => !names.includes(name))
      .map(({ name }) =>
        problem(section, 'raw-element', `<${name}> does not belong into <${section}>`, `use ${names.join(', ')}`),
      ),
    ...elements
      .filter(({ id }) => id === undefined)
      .map(({ name }) => problem(section, 'raw-id', `<${name}> has no id`, 'give every element an id of its own')),
  ];
}

function idsOf(cib: string): ReadonlySet<string> {
  using document = XmlDocument.fromString(cib);
  return new Set(document.find('//@id').map(({ content }) => content));
}
