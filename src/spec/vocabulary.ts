/** What the schema allows at a place of the document: its keys, ranges and descriptions, for hints. */
import { z } from 'zod';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { DeploymentSpec } from './schema.ts';

type Path = Diagnostic['path'];

/** The part of JSON Schema that zod makes from our schema and that hints need. */
type Schema = {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

let made: Schema | undefined;
const root = (): Schema => (made ??= z.toJSONSchema(DeploymentSpec, { io: 'input' }) as Schema);

const branches = (schema: Schema): readonly Schema[] => [schema, ...(schema.anyOf ?? []).flatMap(branches)];

function step(schema: Schema, part: string | number): readonly Schema[] {
  if (typeof part === 'number') return schema.items === undefined ? [] : [schema.items];
  const child = Object.hasOwn(schema.properties ?? {}, part) ? schema.properties?.[part] : schema.additionalProperties;
  return child === undefined || child === false ? [] : [child];
}

const schemasAt = (path: Path): readonly Schema[] =>
  path.reduce<readonly Schema[]>(
    (schemas, part) => schemas.flatMap((schema) => step(schema, part)).flatMap(branches),
    branches(root()),
  );

/** Every key that may stand in the group at `path`, in the schema's order. */
export const keysAt = (path: Path): readonly string[] =>
  schemasAt(path).flatMap(({ properties, propertyNames }) => [
    ...Object.keys(properties ?? {}),
    ...(propertyNames?.enum ?? []),
  ]);

export const descriptionAt = (path: Path): string | undefined =>
  schemasAt(path).find(({ description }) => description !== undefined)?.description;

/** Every fixed word that may be the value at `path`. */
export const wordsAt = (path: Path): readonly string[] => schemasAt(path).flatMap((schema) => schema.enum ?? []);

export function rangeAt(path: Path): { readonly minimum: number; readonly maximum: number } | undefined {
  for (const { minimum, maximum } of schemasAt(path))
    if (minimum !== undefined && maximum !== undefined) return { minimum, maximum };
  return undefined;
}

/** Every place where a key may stand, nearest to the root first: `['cluster', 'flavor']`; lists as `[]`. */
export function placesOfKey(key: string): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  let level: readonly { readonly schema: Schema; readonly path: readonly string[] }[] = [{ schema: root(), path: [] }];
  while (level.length > 0) {
    level = level.flatMap(({ schema, path }) =>
      branches(schema).flatMap((branch) => [
        ...Object.entries(branch.properties ?? {}).map(([name, child]) => ({ schema: child, path: [...path, name] })),
        ...(branch.items === undefined ? [] : [{ schema: branch.items, path: [...path, '[]'] }]),
        ...(branch.additionalProperties ? [{ schema: branch.additionalProperties, path: [...path, '*'] }] : []),
      ]),
    );
    found.push(...level.filter(({ path }) => path.at(-1) === key).map(({ path }) => path));
  }
  return found;
}
