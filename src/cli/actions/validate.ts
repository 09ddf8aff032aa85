import { type ValidationView, validate } from '../../commands/validate.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource } from '../files.ts';
import { renderDiagnostics } from '../render-diagnostics.ts';
import { print, printJson, type Session, type Source } from '../shell.ts';

export async function run(session: Session, input: { readonly files: readonly string[] }): Promise<number> {
  const results: { readonly source: Source; readonly view: ValidationView }[] = [];
  for (const file of input.files) {
    const source = await readSource(session, file);
    results.push({ source, view: await validate(source.text) });
  }
  if (session.json)
    printJson(
      session,
      results.map(({ source, view }) => ({ file: source.file, ...view })),
    );
  else for (const { source, view } of results) printResult(session, source, view);
  return results.every(({ view }) => view.valid) ? exitCodes.ok : exitCodes.invalid;
}

function printResult(session: Session, source: Source, view: ValidationView): void {
  const { stdout, style } = session;
  const frame = stdout.isTty ? { style, width: stdout.columns() } : undefined;
  print(session, renderDiagnostics(source, view.diagnostics, frame));
  if (view.valid)
    print(session, [`${source.file}: ${style.good('valid')}, deployment ${view.name}, scenario ${view.scenario}`]);
}
