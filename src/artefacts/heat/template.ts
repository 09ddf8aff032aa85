/**
 * A Heat template as data, and its text. HOT, version 2018-08-31 (Rocky): nothing newer is needed. No conditions: a
 * property cannot be left out by one (Heat 19 breaks on an `if` without `else`), and null counts as an empty text.
 * Source: docs.openstack.org/heat, "Heat Orchestration Template (HOT) specification".
 */
import { Document, isMap, isScalar, type Scalar, visit } from 'yaml';

export type HeatTemplate = {
  readonly heat_template_version: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, HeatParameter>>;
  readonly resources: Readonly<Record<string, HeatResource>>;
  readonly outputs: Readonly<Record<string, { readonly description?: string; readonly value: unknown }>>;
};

export type HeatParameter = {
  readonly type: 'string' | 'comma_delimited_list';
  readonly description?: string;
  readonly default?: unknown;
  readonly hidden?: boolean;
  readonly constraints?: readonly unknown[];
};

export type HeatResource = {
  readonly type: string;
  readonly depends_on?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
};

export const heatVersion = '2018-08-31';

/** Heat asks the cloud itself whether what is given exists. */
export const mustExist = (what: string): HeatParameter['constraints'] => [{ custom_constraint: what }];
export const param = (name: string) => ({ get_param: name });
export const resource = (name: string) => ({ get_resource: name });

/** Readable: one blank line between resources, and `comments` (by resource) above them. */
export function renderTemplate(template: HeatTemplate, comments: Readonly<Record<string, string>>): string {
  const document = new Document(template, { aliasDuplicateObjects: false });
  for (const [index, section] of entriesOf(document.contents).entries()) section.key.spaceBefore = index > 0;
  for (const [index, entry] of entriesOf(document.get('resources')).entries()) {
    entry.key.spaceBefore = index > 0;
    const comment = comments[String(entry.key.value)];
    if (comment !== undefined) entry.key.commentBefore = ` ${comment}`;
  }
  // `{get_resource: router}` on its own line is what people write, and half as long.
  visit(document, {
    Map: (_, map) => {
      map.flow = map.items.length === 1 && isScalar(map.items[0]?.value);
    },
  });
  return document.toString({ lineWidth: 0 });
}

const entriesOf = (node: unknown): readonly { readonly key: Scalar }[] =>
  isMap(node) ? node.items.flatMap(({ key }) => (isScalar(key) ? [{ key }] : [])) : [];
