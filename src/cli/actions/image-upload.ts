import { uploadNodeImage } from '../../commands/upload-image.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson, type Session } from '../shell.ts';
import { withProgress } from '../show-progress.ts';

export async function run(
  session: Session,
  input: { readonly cloud: string; readonly shared: boolean },
): Promise<number> {
  const context = await session.context();
  const uploaded = await withProgress(session, (report) =>
    uploadNodeImage(context, { ...input, signal: session.signal }, report),
  );
  const { cloud, image } = uploaded;
  if (session.json) printJson(session, uploaded);
  else
    print(session, [
      `Image ${image.name} (${image.id}) is ${image.changed ? '' : 'already '}in the cloud ${cloud}${image.changed ? '' : ', and its recipe has not changed'}.`,
    ]);
  return exitCodes.ok;
}
