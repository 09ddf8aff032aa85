import { deleteDeployment } from '../../commands/delete.ts';
import { demo, demoName } from '../../commands/demo.ts';
import { asRefusal } from '../../kernel/refusal.ts';
import { exitCodes } from '../exit-codes.ts';
import { nextStepsAfterDemo } from '../next-steps.ts';
import { renderExchanges, renderNext, renderSummary } from '../render-summary.ts';
import { print, printJson, type Session } from '../shell.ts';
import { withProgress } from '../show-progress.ts';
import { printDeletion } from './delete.ts';

export async function run(
  session: Session,
  input: { readonly remove: boolean; readonly timeoutMs: number },
): Promise<number> {
  const context = await session.context();
  const work = { deadlineMs: input.timeoutMs, signal: session.signal };
  const { program } = session;
  if (input.remove) return remove(session, input.timeoutMs);
  if (!session.json) {
    const missing = await context.host.missing();
    session.stderr.write(`${introduction}${missing.length > 0 ? firstTime : ''}\n`);
  }
  const { summary, exchanges } = await withProgress(session, (report) => demo(context, work, report));
  if (session.json) {
    printJson(session, { ...summary, exchanges });
    return exitCodes.ok;
  }
  const page = { style: session.style, width: session.stdout.columns(), program };
  const next = renderNext(nextStepsAfterDemo(summary.status, program), page);
  print(session, ['', ...renderSummary(summary, page), ...renderExchanges(exchanges, page), ...next]);
  return exitCodes.ok;
}

const introduction = 'Making a three-node Pacemaker cluster on this machine, from examples/basic/deployment.yaml.\n';
const firstTime =
  "This first time it sets up Incus and builds the nodes' image: a minute or two, about 1 GB of disk.\n";

/** Nothing to remove is as good as removed: a demo that was never made is no error. */
async function remove(session: Session, deadlineMs: number): Promise<number> {
  const context = await session.context();
  const work = { name: demoName, deadlineMs, signal: session.signal };
  const nothing = { name: demoName, alreadyGone: true, parts: [], totalMs: 0 };
  const deletion = await withProgress(session, (report) =>
    deleteDeployment(context, work, report).catch((error: unknown) => {
      if (asRefusal(error)?.code === 'NOT_FOUND') return nothing;
      throw error;
    }),
  );
  printDeletion(session, deletion);
  return exitCodes.ok;
}
