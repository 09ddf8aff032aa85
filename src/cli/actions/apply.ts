import { apply } from '../../commands/apply.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource } from '../files.ts';
import { nextStepsAfterApply } from '../next-steps.ts';
import { renderNext, renderSummary } from '../render-summary.ts';
import { print, printJson, type Session } from '../shell.ts';
import { withProgress } from '../show-progress.ts';

export async function run(
  session: Session,
  { file, timeoutMs, ...options }: { readonly file: string; readonly cloud?: string; readonly timeoutMs: number },
): Promise<number> {
  const { text } = await readSource(session, file);
  const context = await session.context();
  const work = { text, ...options, deadlineMs: timeoutMs, signal: session.signal };
  const summary = await withProgress(session, (report) => apply(context, work, report));
  if (session.json) {
    printJson(session, summary);
    return exitCodes.ok;
  }
  const page = { style: session.style, width: session.stdout.columns(), program: session.program };
  print(session, [
    '',
    ...renderSummary(summary, page),
    ...renderNext(nextStepsAfterApply(summary.status, session.program), page),
  ]);
  return exitCodes.ok;
}
