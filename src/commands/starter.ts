/** A commented file to start from: the example of a scenario under a name of one's own. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Refusal } from '../kernel/refusal.ts';
import { nearest } from '../spec/index.ts';
import { checkSpec } from './read-spec.ts';

const root = new URL('../../', import.meta.url);

export const starterScenarios = ['smallest', 'basic', 'balanced', 'balanced-storage', 'large'] as const;

/** Throws INVALID_INPUT for a name that no deployment can have, NOT_FOUND for a scenario. */
export async function renderStarter(input: { readonly name: string; readonly scenario: string }): Promise<string> {
  const text = readExample(input.scenario)
    .replace(/^name: .*$/m, `name: ${input.name}`)
    // An editor finds the schema from wherever the new file is put.
    .replace('$schema=../../schema/', () => `$schema=${fileURLToPath(new URL('schema/', root))}`);
  const { diagnostics } = await checkSpec(text);
  const wrong = diagnostics.find(({ path }) => path[0] === 'name');
  if (wrong === undefined) return text;
  throw new Refusal('INVALID_INPUT', `\`${input.name}\` cannot be a deployment's name: it ${wrong.message}`, {
    retry: 'never',
    ...(wrong.hint === undefined ? {} : { next: wrong.hint }),
  });
}

/** Throws NOT_FOUND. */
export function readExample(scenario: string): string {
  if (starterScenarios.some((each) => each === scenario)) {
    return readFileSync(new URL(`examples/${scenario}/deployment.yaml`, root), 'utf8');
  }
  const near = nearest(scenario, starterScenarios);
  throw new Refusal('NOT_FOUND', `there is no scenario ${scenario}`, {
    retry: 'never',
    next: near === undefined ? `choose ${starterScenarios.join(', ')}` : `did you mean \`${near}\`?`,
  });
}
