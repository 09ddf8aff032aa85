/** The schema as JSON Schema (draft 2020-12): what editors complete and check by. */
import { z } from 'zod';
import { DeploymentSpec } from './schema.ts';

/** Where the generated file stands in the repository. */
export const jsonSchemaFile = 'schema/deployment.schema.json';

export function renderJsonSchema(): string {
  const schema = {
    $id: 'urn:quorate:schema:deployment:v1',
    title: 'Quorate deployment',
    description: 'A Pacemaker deployment as Quorate makes and keeps it.',
    ...z.toJSONSchema(DeploymentSpec, { target: 'draft-2020-12', io: 'input' }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
