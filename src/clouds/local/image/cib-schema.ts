/**
 * A rendered CIB against the RelaxNG of the very Pacemaker that the node image carries: a CIB that it does
 * not accept would keep every member from starting, so this is asked before there is a member.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RelaxNGValidator, XmlDocument, type XmlElement, XmlValidateError } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';

/**
 * libxml2's words about the first element that it refuses; empty for a CIB that is accepted, and where
 * `schemaDirectory` (what build.sh put beside the image) is gone: then Pacemaker itself is the first to tell.
 */
export async function cibComplaints(schemaDirectory: string, cib: string): Promise<readonly string[]> {
  const path = join(schemaDirectory, 'pacemaker-4.0.rng');
  if (!existsSync(path)) return [];
  xmlRegisterFsInputProviders();
  using schema = XmlDocument.fromString(await readFile(path, 'utf8'), { url: path });
  // oxlint-disable-next-line typescript/no-deprecated -- libxml2 plans to drop RelaxNG, in which Pacemaker's schemas are written
  using validator = RelaxNGValidator.fromDoc(schema);
  using document = XmlDocument.fromString(cib);
  try {
    validator.validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error;
    const [first] = error.details;
    // libxml2 tells of references past its structured errors, on stderr; `validateRaw` has found a person's before.
    if (first === undefined) return ['an id is named that nothing has'];
    const where = nameOf(document, first.xpath);
    const words = error.details.filter(({ xpath }) => xpath === first.xpath).map(({ message }) => message.trim());
    return words.map((word) => (where === undefined ? word : `${where}: ${word}`));
  }
}

/** `<primitive id="db">`: the refused element, or the nearest one around it that has an id. */
function nameOf(document: XmlDocument, xpath: string | undefined): string | undefined {
  if (xpath === undefined) return undefined;
  const node = document.get(`(${xpath})/ancestor-or-self::*[@id][1]`) as XmlElement | null;
  return node === null ? undefined : `<${node.name} id="${node.attr('id')?.value ?? ''}">`;
}
