import { removeHost } from '../../commands/host.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson, type Session } from '../shell.ts';
import { withProgress } from '../show-progress.ts';

export async function run(session: Session, input: { readonly yes: boolean }): Promise<number> {
  const context = await session.context();
  const question = "Remove Quorate's own Incus and all its images from this machine?";
  const answer = input.yes ? 'yes' : await confirm(session, question);
  if (answer !== 'yes') return answer === 'no' ? exitCodes.ok : exitCodes.usage;
  const parts = await withProgress(session, (report) => removeHost(context, report));
  if (session.json) printJson(session, { removed: true, parts });
  else print(session, ["Quorate's own Incus is gone from this machine. Installed packages were left."]);
  return exitCodes.ok;
}
