import { type CompletedShell, renderCompletionScript } from '../completion-script.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../shell.ts';

export async function run(session: Session, input: { readonly shell: string }): Promise<number> {
  session.stdout.write(renderCompletionScript(input.shell as CompletedShell));
  return exitCodes.ok;
}
