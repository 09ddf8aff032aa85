/** Shorthand over libxml2's tree, which escapes and prints; a CIB has elements and attributes only. */
import type { XmlElement } from 'libxml2-wasm';

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Appends `<name attributes/>` to `parent` and returns it; undefined attributes are left out. */
export function append(parent: XmlElement, name: string, attributes: Attributes = {}): XmlElement {
  const element = parent.addElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttr(key, String(value));
  return element;
}

/** A set of name-value pairs, every id made from the set's; nothing when there are none. */
export function appendPairs(parent: XmlElement, kind: string, id: string, pairs: Attributes): void {
  const known = Object.entries(pairs).filter(([, value]) => value !== undefined);
  if (known.length === 0) return;
  const set = append(parent, kind, { id });
  for (const [name, value] of known) append(set, 'nvpair', { id: `${id}-${name}`, name, value });
}
