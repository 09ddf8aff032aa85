/** A person's text -> its specification, or every problem of it at once. */
import { type Diagnostic, hasErrors } from '../kernel/diagnostic.ts';
import { Refusal } from '../kernel/refusal.ts';
import { type DeploymentSpec, parseSpec } from '../spec/index.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import { validateAddresses } from '../topology/validate.ts';

export type CheckedSpec = {
  /** undefined when there are errors. */
  readonly spec: DeploymentSpec | undefined;
  readonly diagnostics: readonly Diagnostic[];
};

/** `cloud` stands above what the text says of it. */
export async function checkSpec(text: string, cloud?: string): Promise<CheckedSpec> {
  const parsed = parseSpec(text);
  if (parsed.spec === undefined) return { spec: undefined, diagnostics: parsed.diagnostics };
  const spec = cloud === undefined ? parsed.spec : { ...parsed.spec, cloud };
  const found = validateAddresses(spec);
  const later = hasErrors(found) ? found : [...found, ...(await validateRawParts(spec))];
  const diagnostics = [...parsed.diagnostics, ...parsed.locate(later)];
  return { spec: hasErrors(diagnostics) ? undefined : spec, diagnostics };
}

async function validateRawParts(spec: DeploymentSpec): Promise<readonly Diagnostic[]> {
  if (spec.raw.resources === undefined && spec.raw.constraints === undefined) return [];
  // An XML parser in WebAssembly: loaded for the few who need it.
  const { validateRaw } = await import('../artefacts/cib/validate-raw.ts');
  const { topology } = deriveTopology(spec, emptyRoster);
  return topology.clusters.flatMap((cluster) => validateRaw(topology.deployment, cluster));
}

/** Throws INVALID_INPUT with all of them in `data.diagnostics`. Warnings are left to `validate`. */
export async function readSpec(text: string, cloud?: string): Promise<DeploymentSpec> {
  const { spec, diagnostics } = await checkSpec(text, cloud);
  if (spec !== undefined) return spec;
  throw invalidInput(diagnostics);
}

export function invalidInput(diagnostics: readonly Diagnostic[]): Refusal {
  const count = diagnostics.filter(({ severity }) => severity === 'error').length;
  return new Refusal('INVALID_INPUT', `the file has ${count === 1 ? 'an error' : `${count} errors`}`, {
    retry: 'never',
    data: { diagnostics },
  });
}
