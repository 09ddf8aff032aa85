/** Writes `schema/deployment.schema.json` from the zod schema. Run after every change of `src/spec/schema.ts`. */
import { writeFileSync } from 'node:fs';
import { jsonSchemaFile, renderJsonSchema } from '../spec/index.ts';

writeFileSync(new URL(`../../${jsonSchemaFile}`, import.meta.url), renderJsonSchema());
