/** Shows progress on stderr while `work` runs: a live board on a terminal, lines elsewhere. */
import type { OnProgress, Progress } from '../commands/progress.ts';
import { advanceBoard, emptyBoard, renderBoard } from './progress-board.ts';
import { renderProgressLine } from './progress-lines.ts';
import type { Session } from './shell.ts';

/** As often as the spinner turns. */
const drawEveryMs = 100;

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const upAndClear = (lines: number) => (lines === 0 ? '' : `\u001b[${lines}A\u001b[0J`);

/** Says once, when Ctrl-C is pressed, that the step under way is being ended and nothing is lost. */
export async function withProgress<T>(session: Session, work: (report: OnProgress) => Promise<T>): Promise<T> {
  const view = session.stderr.isTty && !session.json ? liveView(session) : lineView(session);
  const onAbort = () =>
    view.say(`stopping after the step under way; nothing is lost, \`${session.typed}\` goes on (again: stop at once)`);
  session.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(view.report);
  } finally {
    session.signal.removeEventListener('abort', onAbort);
    view.end();
  }
}

type View = { readonly report: OnProgress; readonly say: (text: string) => void; readonly end: () => void };

function lineView({ stderr, clock }: Session): View {
  const startedAt = clock.now();
  const report = (progress: Progress) => {
    const line = renderProgressLine(progress, startedAt);
    if (line !== undefined) stderr.write(`${line}\n`);
  };
  return { report, say: (text) => stderr.write(`${text}\n`), end: () => undefined };
}

function liveView({ stderr, clock, errorStyle }: Session): View {
  let board = emptyBoard(clock.now());
  let drawn = 0;
  const draw = (over = false) => {
    const lines = renderBoard(board, clock.now(), errorStyle, stderr.columns(), over);
    stderr.write(`${upAndClear(drawn)}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  stderr.write(hideCursor);
  const timer = setInterval(() => draw(), drawEveryMs);
  return {
    report: (progress) => {
      board = advanceBoard(board, progress);
      draw();
    },
    say: (text) => {
      stderr.write(`${upAndClear(drawn)}${text}\n`);
      drawn = 0;
      draw();
    },
    end: () => {
      clearInterval(timer);
      draw(true);
      stderr.write(showCursor);
    },
  };
}
