import { draw } from '../../commands/draw.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource, writeNewFile } from '../files.ts';
import { print, printJson, type Session } from '../shell.ts';

export type DrawInput = { readonly file: string; readonly picture: string; readonly cloud?: string };

export async function run(session: Session, { file, picture, ...options }: DrawInput): Promise<number> {
  const { text } = await readSource(session, file);
  writeNewFile(picture, await draw(await session.context(), { text, ...options }), { force: true });
  if (session.json) printJson(session, { picture });
  else print(session, [picture]);
  return exitCodes.ok;
}
