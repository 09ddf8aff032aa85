import { list } from '../../commands/list.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderList } from '../render-list.ts';
import { print, printJson, type Session } from '../shell.ts';

export async function run(session: Session): Promise<number> {
  const lines = await list(await session.context());
  if (session.json) printJson(session, lines);
  else print(session, renderList(lines, session.clock.now(), session.style, session.program));
  return exitCodes.ok;
}
