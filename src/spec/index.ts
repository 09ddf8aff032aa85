export { jsonSchemaFile, renderJsonSchema } from './json-schema.ts';
export { parseSpec } from './parse.ts';
export type { DeploymentSpec } from './schema.ts';
export { nearest } from './suggest.ts';
