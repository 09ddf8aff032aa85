import { renderJsonSchema } from '../spec/index.ts';

/** JSON Schema (draft 2020-12) of a deployment file. */
export const deploymentSchema = (): string => renderJsonSchema();
