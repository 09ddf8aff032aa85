import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { renderDiagnostics } from './render-diagnostics.ts';
import { noStyle } from './style.ts';

const source = { file: 'web.yaml', text: 'name: web\ncluster:\n\tflavour: small\n' };
const unknown: Diagnostic = {
  code: 'unknown-key',
  severity: 'error',
  path: ['cluster', 'flavour'],
  message: 'there is no key `flavour` here',
  hint: 'did you mean `flavor`?',
  at: { line: 3, column: 2 },
};

describe('diagnostics', () => {
  it('are one line and a hint each where nobody looks', () => {
    expect(renderDiagnostics(source, [unknown]).join('\n')).toBe(
      'web.yaml:3:2: error[unknown-key] cluster.flavour: there is no key `flavour` here\n    did you mean `flavor`?',
    );
  });

  it('show the line with a caret under the place on a terminal, tabs kept', () => {
    const lines = renderDiagnostics(source, [unknown], { style: noStyle, width: 80 });
    expect(lines).toEqual([
      'web.yaml:3:2: error[unknown-key] cluster.flavour: there is no key `flavour` here',
      '   3 │ \tflavour: small',
      '     │ \t^',
      '    did you mean `flavor`?',
      '',
    ]);
  });

  it('show no line for a place that is not in the text', () => {
    const nowhere = { ...unknown, at: { line: 99, column: 1 } };
    expect(renderDiagnostics(source, [nowhere], { style: noStyle, width: 80 })).toHaveLength(3);
  });
});
