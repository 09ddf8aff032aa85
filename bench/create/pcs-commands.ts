/**
 * The pcs commands that make a given CIB, read off that CIB: so both ways make the same cluster, and a change
 * of what Quorate renders changes what pcs is asked for. Follows pcs(8) 0.12.
 */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';

/** Set by corosync or of use to Quorate alone. */
const notForPcs = ['cluster-name', 'quorate-digest'];

/** Each one a command line's arguments after `pcs`. */
export function pcsCommands(cib: string): readonly (readonly string[])[] {
  using document = XmlDocument.fromString(cib);
  const all = (path: string) => document.root.find(path) as XmlElement[];
  const [properties] = all('//crm_config/cluster_property_set');
  const [defaults] = all('//rsc_defaults/meta_attributes');
  const [opDefaults] = all('//op_defaults/meta_attributes');
  return [
    [
      'property',
      'set',
      ...pairsOf(properties).filter((pair) => !notForPcs.some((name) => pair.startsWith(`${name}=`))),
    ],
    ['resource', 'defaults', 'update', ...pairsOf(defaults)],
    ['resource', 'op', 'defaults', 'update', ...pairsOf(opDefaults)],
    ...all('//resources/primitive').map(createCommand),
    ...all('//constraints/rsc_colocation').map(colocationCommand),
    ...all('//constraints/rsc_order').map(orderCommand),
  ];
}

function createCommand(primitive: XmlElement): readonly string[] {
  const operations = (primitive.find('operations/op') as XmlElement[]).map((each) => [
    of(each, 'name'),
    `interval=${of(each, 'interval')}`,
    `timeout=${of(each, 'timeout')}`,
  ]);
  const params = pairsOf(primitive.get('instance_attributes') as XmlElement | null);
  const op = operations.length === 0 ? [] : ['op', ...operations.flat()];
  const type = of(primitive, 'type');
  if (of(primitive, 'class') === 'stonith') return ['stonith', 'create', of(primitive, 'id'), type, ...params, ...op];
  const agent = [of(primitive, 'class'), of(primitive, 'provider'), type].filter((part) => part !== '').join(':');
  return ['resource', 'create', of(primitive, 'id'), agent, ...params, ...op];
}

function colocationCommand(constraint: XmlElement): readonly string[] {
  const score = `score=${of(constraint, 'score')}`;
  return ['constraint', 'colocation', 'add', of(constraint, 'rsc'), 'with', of(constraint, 'with-rsc'), score];
}

function orderCommand(constraint: XmlElement): readonly string[] {
  const kind = `kind=${of(constraint, 'kind')}`;
  return ['constraint', 'order', of(constraint, 'first'), 'then', of(constraint, 'then'), kind];
}

const pairsOf = (set: XmlElement | null | undefined): readonly string[] =>
  ((set?.find('nvpair') ?? []) as XmlElement[]).map((pair) => `${of(pair, 'name')}=${of(pair, 'value')}`);

const of = (element: XmlElement, attribute: string): string => element.attr(attribute)?.value ?? '';
