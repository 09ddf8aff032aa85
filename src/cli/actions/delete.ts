import { type Deletion, deleteDeployment } from '../../commands/delete.ts';
import { renderDuration } from '../../kernel/duration.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson, type Session } from '../shell.ts';
import { withProgress } from '../show-progress.ts';

export type DeleteInput = { readonly name: string; readonly yes: boolean; readonly timeoutMs: number };

export async function run(session: Session, input: DeleteInput): Promise<number> {
  const { name } = input;
  const context = await session.context();
  const question = `Delete ${name} with its nodes, volumes and all their data?`;
  const answer = input.yes ? 'yes' : await confirm(session, question);
  if (answer !== 'yes') return answer === 'no' ? exitCodes.ok : exitCodes.usage;
  const work = { name, deadlineMs: input.timeoutMs, signal: session.signal };
  printDeletion(session, await withProgress(session, (report) => deleteDeployment(context, work, report)));
  return exitCodes.ok;
}

export function printDeletion(session: Session, deletion: Deletion): void {
  if (session.json) printJson(session, deletion);
  else if (deletion.alreadyGone) print(session, [`${deletion.name} is gone already: nothing to do.`]);
  else print(session, [`${deletion.name} is gone, nothing of it is left. Took ${renderDuration(deletion.totalMs)}.`]);
}
