import type { Diagnostic } from '../kernel/diagnostic.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster, type Scenario } from '../topology/topology.ts';
import { checkSpec } from './read-spec.ts';

export type ValidationView = {
  readonly valid: boolean;
  /** Of a valid text only. */
  readonly name?: string;
  readonly scenario?: Scenario;
  readonly diagnostics: readonly Diagnostic[];
};

/** Never throws for any text; needs no cloud and no store. */
export async function validate(text: string): Promise<ValidationView> {
  const { spec, diagnostics } = await checkSpec(text);
  if (spec === undefined) return { valid: false, diagnostics };
  const { topology } = deriveTopology(spec, emptyRoster);
  return { valid: true, name: spec.name, scenario: topology.scenario, diagnostics };
}
