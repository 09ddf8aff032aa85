/**
 * One problem found in what a person wrote, as a value: parsing and validating return all of them at
 * once and throw none.
 */
export type Diagnostic = {
  /** Stable, kebab-case: what programs match on. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** Keys and indices from the document's root to the place: `['vips', 0, 'ports']`. */
  readonly path: readonly (string | number)[];
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** What to write or do instead. */
  readonly hint?: string;
  /** Where it stands in the text, when there is a text. Lines and columns count from 1. */
  readonly at?: { readonly line: number; readonly column: number };
};

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === 'error');

/** `vips[0].ports`, as people write a place in a document; the root is `(document)`. */
export function renderPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return '(document)';
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

/** `file:line:column: error[code] vips[0].ports: message`, the hint on a line of its own. */
export function renderDiagnostic(file: string, diagnostic: Diagnostic): string {
  const place = diagnostic.at === undefined ? file : `${file}:${diagnostic.at.line}:${diagnostic.at.column}`;
  const head = `${place}: ${diagnostic.severity}[${diagnostic.code}] ${renderPath(diagnostic.path)}: ${diagnostic.message}`;
  return diagnostic.hint === undefined ? head : `${head}\n    ${diagnostic.hint}`;
}
