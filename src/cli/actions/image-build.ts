import { buildImage } from '../../commands/host.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson, type Session } from '../shell.ts';
import { withProgress } from '../show-progress.ts';

export async function run(session: Session, input: { readonly force: boolean }): Promise<number> {
  const context = await session.context();
  const built = await withProgress(session, (report) =>
    buildImage(context, { ...input, signal: session.signal }, report),
  );
  const { alias, fingerprint, changed } = built.image;
  if (session.json) printJson(session, built);
  else
    print(session, [
      `Image ${alias} (${fingerprint.slice(0, 12)}) ${changed ? 'is built' : 'is there already, and its recipe has not changed'}.`,
    ]);
  return exitCodes.ok;
}
