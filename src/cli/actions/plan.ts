import { plan } from '../../commands/plan.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource } from '../files.ts';
import { renderPlan } from '../render-plan.ts';
import { print, printJson, type Session } from '../shell.ts';

export async function run(
  session: Session,
  { file, ...options }: { readonly file: string; readonly cloud?: string },
): Promise<number> {
  const { text } = await readSource(session, file);
  const view = await plan(await session.context(), { text, ...options });
  if (session.json) printJson(session, view);
  else print(session, renderPlan(view, session.style, session.program));
  return view.plan.state === 'blocked' ? exitCodes.refused : exitCodes.ok;
}
