/** The person's own CIB XML, put into a section as it is. */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';

/** @throws XmlParseError when `xml` is not a well-formed sequence of elements */
export function appendRaw(section: XmlElement, xml: string | undefined): void {
  if (xml === undefined) return;
  using document = XmlDocument.fromString(`<raw>${xml}</raw>`);
  for (const element of document.root.find('./*')) copyInto(section, element as XmlElement);
}

/** Elements and attributes only: text has no meaning in a CIB. */
export function copyInto(parent: XmlElement, source: XmlElement): void {
  const copy = parent.addElement(source.name);
  for (const attribute of source.attrs) copy.setAttr(attribute.name, attribute.value);
  for (const child of source.find('./*')) copyInto(copy, child as XmlElement);
}
