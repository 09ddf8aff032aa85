/** Diagnostics as people read them: the place, the words, the line itself with a caret under it. */
import { type Diagnostic, renderDiagnostic } from '../kernel/diagnostic.ts';
import { cut } from './layout.ts';
import type { Source } from './shell.ts';
import type { Style } from './style.ts';

export type Frame = { readonly style: Style; readonly width: number };

/** `frame`: on a terminal, where the lines of the file help; without it one or two lines each. */
export function renderDiagnostics(
  source: Source,
  diagnostics: readonly Diagnostic[],
  frame?: Frame,
): readonly string[] {
  return diagnostics.flatMap((found) => {
    if (frame === undefined) return [renderDiagnostic(source.file, found)];
    const { hint, ...head } = found;
    const colour = found.severity === 'error' ? frame.style.bad : frame.style.warn;
    const label = `${found.severity}[${found.code}]`;
    const line = renderDiagnostic(source.file, head).replace(label, () => colour(label));
    return [
      line,
      ...excerpt(source.text, found, frame, colour),
      ...(hint === undefined ? [] : [`    ${frame.style.accent(hint)}`]),
      '',
    ];
  });
}

function excerpt(
  text: string,
  { at }: Diagnostic,
  { style, width }: Frame,
  colour: (text: string) => string,
): readonly string[] {
  const line = at === undefined ? undefined : text.split(/\r?\n/)[at.line - 1];
  if (at === undefined || line === undefined || line.trim() === '') return [];
  const number = String(at.line).padStart(4);
  const caret = Math.max(0, Math.min(at.column - 1, line.length));
  // A tab stays a tab under the line, so that the caret stands where the eye expects it.
  const indent = line.slice(0, caret).replaceAll(/[^\t]/g, ' ');
  const shown = cut(line, Math.max(20, width - 8));
  return [
    `${style.faint(`${number} │`)} ${shown}`,
    ...(caret < shown.length ? [`${style.faint('     │')} ${indent}${colour('^')}`] : []),
  ];
}
