import { status } from '../../commands/status.ts';
import type { StatusView } from '../../commands/status-view.ts';
import { asRefusal } from '../../kernel/refusal.ts';
import { exitCodes } from '../exit-codes.ts';
import { cut } from '../layout.ts';
import { renderStatus } from '../render-status.ts';
import { print, printJson, type Session } from '../shell.ts';
import { statusChanges } from '../status-changes.ts';

const watchEveryMs = 1_000;

export async function run(
  session: Session,
  input: { readonly name: string; readonly watch: boolean },
): Promise<number> {
  const context = await session.context();
  const first = await status(context, input.name);
  const show = showerFor(session, input.watch);
  show(first);
  if (!input.watch) return exitCodes.ok;
  while (!session.signal.aborted) {
    await session.clock.sleep(watchEveryMs, session.signal).catch(() => undefined);
    if (session.signal.aborted) break;
    try {
      show(await status(context, input.name));
    } catch (error) {
      const refusal = asRefusal(error);
      // The deployment went while it was watched: the end of the story, not an error.
      if (refusal?.code === 'NOT_FOUND') return ended(session, input.name);
      if (refusal?.retry !== 'later') throw error;
      session.stderr.write(`${refusal.message}; looking again\n`);
    }
  }
  return exitCodes.ok;
}

function ended(session: Session, name: string): number {
  if (session.json) session.stdout.write(`${JSON.stringify({ name, state: 'absent' })}\n`);
  else print(session, [`${name} is gone`]);
  return exitCodes.ok;
}

type Shower = (view: StatusView) => void;

function showerFor(session: Session, watch: boolean): Shower {
  if (!watch)
    return (view) => (session.json ? printJson(session, view) : print(session, renderStatus(view, session.style)));
  if (session.json) return onChange((view) => session.stdout.write(`${JSON.stringify(view)}\n`));
  return session.stdout.isTty ? inPlace(session) : lineByLine(session);
}

/** One document a line, when it differs from the last. */
function onChange(show: Shower): Shower {
  let last = '';
  return (view) => {
    const text = JSON.stringify(view);
    if (text !== last) show(view);
    last = text;
  };
}

/** Each line is cleared to its end and what is left below too, so that nothing flickers. */
function inPlace({ stdout, style, clock }: Session): Shower {
  stdout.write('\u001b[2J');
  return (view) => {
    const head = style.faint(
      cut(`${new Date(clock.now()).toLocaleTimeString('sv')}, every second; Ctrl-C ends`, stdout.columns()),
    );
    const lines = [head, '', ...renderStatus(view, style)];
    stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[0J`);
  };
}

function lineByLine(session: Session): Shower {
  let before: StatusView | undefined;
  return (view) => {
    const at = new Date(session.clock.now()).toISOString().slice(11, 23);
    if (before === undefined) print(session, renderStatus(view, session.style));
    else
      print(
        session,
        statusChanges(before, view).map((change) => `${at}  ${change}`),
      );
    before = view;
  };
}
