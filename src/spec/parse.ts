/**
 * A person's YAML text in; a `DeploymentSpec` with every default filled in, or every problem of the text
 * at once with its line and column, out. Never throws for any text. The stages: YAML (`document.ts`),
 * shape (`schema.ts`, put into words by `issue.ts`), rules across fields (`rules.ts`). Refuses to know
 * what exists in any cloud, and what the specification means (that is `topology`).
 */
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { hasErrors } from '../kernel/diagnostic.ts';
import { type Places, readDocument } from './document.ts';
import { describeIssue, maxTold, withoutMissingTwins } from './issue.ts';
import { validateSpec } from './rules.ts';
import { rulesDespite } from './rules-despite.ts';
import { DeploymentSpec } from './schema.ts';

export type ParsedSpec =
  | {
      readonly spec: DeploymentSpec;
      /** Warnings only. */
      readonly diagnostics: readonly Diagnostic[];
      /** Gives later stages' diagnostics about this text their line and column, in the text's order. */
      readonly locate: (diagnostics: readonly Diagnostic[]) => readonly Diagnostic[];
    }
  | { readonly spec?: undefined; readonly diagnostics: readonly Diagnostic[] };

export function parseSpec(text: string): ParsedSpec {
  const document = readDocument(text);
  if (document.places === undefined) return { diagnostics: document.diagnostics };
  const locate = (diagnostics: readonly Diagnostic[]) =>
    inTextOrder(diagnostics.map((found) => located(found, document.places)));
  const shaped = DeploymentSpec.safeParse(document.value);
  if (shaped.success) {
    const diagnostics = locate([...document.diagnostics, ...validateSpec(shaped.data)]);
    return hasErrors(diagnostics) ? { diagnostics } : { spec: shaped.data, diagnostics, locate };
  }
  const issues = shaped.error.issues.slice(0, maxTold);
  const wrong = withoutMissingTwins(issues.flatMap((issue) => describeIssue(issue, document)));
  if (issues.length === maxTold || wrong.length >= maxTold)
    return { diagnostics: [...locate([...document.diagnostics, ...wrong]).slice(0, maxTold), andMore] };
  return { diagnostics: locate([...document.diagnostics, ...wrong, ...rulesDespite(wrong, document.value)]) };
}

const andMore: Diagnostic = {
  code: 'too-many-problems',
  severity: 'error',
  path: [],
  message: `only the first ${maxTold} problems are told`,
  hint: 'mend these first',
  at: { line: 1, column: 1 },
};

const located = (found: Diagnostic, places: Places): Diagnostic =>
  found.at === undefined ? { ...found, at: places.value(found.path) } : found;

const inTextOrder = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.toSorted(
    ({ at: one }, { at: other }) => (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0),
  );
