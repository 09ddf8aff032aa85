import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchemaFile, renderJsonSchema } from './json-schema.ts';

type Schema = { description?: string; properties?: Record<string, Schema> };

/** Every property of every object in the schema that has no description. */
function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties = Object.entries((schema as Schema).properties ?? {});
  return [
    ...properties.filter(([, child]) => !child.description).map(([name]) => `${path}/${name}`),
    ...Object.entries(schema).flatMap(([key, child]) => undescribed(child, `${path}/${key}`)),
  ];
}

describe('the JSON Schema', () => {
  it('in the repository is the one that the code makes: run `node src/main/write-json-schema.ts`', () => {
    expect(readFileSync(new URL(`../../${jsonSchemaFile}`, import.meta.url), 'utf8')).toBe(renderJsonSchema());
  });

  it('describes every field', () => {
    expect(undescribed(JSON.parse(renderJsonSchema()), '')).toEqual([]);
  });

  it('names no host', () => {
    expect(JSON.parse(renderJsonSchema()).$id).toMatch(/^urn:/);
  });
});
