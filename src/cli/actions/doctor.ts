import { doctor } from '../../commands/doctor.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource } from '../files.ts';
import { renderExamination } from '../render-list.ts';
import { print, printJson, type Session } from '../shell.ts';

export async function run(
  session: Session,
  { file, ...options }: { readonly file?: string; readonly cloud?: string },
): Promise<number> {
  const given = file === undefined ? {} : { text: (await readSource(session, file)).text };
  const examination = await doctor(await session.context(), { ...options, ...given });
  if (session.json) printJson(session, examination);
  else print(session, renderExamination(examination, session.style));
  return examination.fit ? exitCodes.ok : exitCodes.refused;
}
