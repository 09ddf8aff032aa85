/** Long work as a board that is drawn again and again: a line a part, with what is done now and for how long. */
import type { Part, Progress } from '../commands/progress.ts';
import type { Instant } from '../kernel/clock.ts';
import { renderDuration } from '../kernel/duration.ts';
import { cut, widthOf } from './layout.ts';
import { partNames } from './part-names.ts';
import type { Style } from './style.ts';

type Line =
  | {
      readonly part: Part;
      readonly state: 'running';
      readonly since: Instant;
      readonly spentMs: number;
      readonly activity: string;
    }
  | { readonly part: Part; readonly state: 'done'; readonly spentMs: number; readonly changed: boolean };

export type Board = { readonly startedAt: Instant; readonly lines: readonly Line[] };

export const emptyBoard = (startedAt: Instant): Board => ({ startedAt, lines: [] });

export function advanceBoard(board: Board, progress: Progress): Board {
  const before = board.lines.find(({ part }) => part === progress.part);
  const line = nextLine(before, progress);
  const lines =
    before === undefined ? [...board.lines, line] : board.lines.map((each) => (each === before ? line : each));
  return { ...board, lines };
}

function nextLine(before: Line | undefined, progress: Progress): Line {
  const { part } = progress;
  const spentMs = before?.spentMs ?? 0;
  if (progress.kind === 'finished') {
    const changed = progress.changed || (before?.state === 'done' && before.changed);
    return { part, state: 'done', spentMs: spentMs + progress.elapsedMs, changed };
  }
  const since = before?.state === 'running' ? before.since : progress.at;
  return { part, state: 'running', since, spentMs, activity: progress.kind === 'activity' ? progress.text : '' };
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** No line is wider than `width`, so that the terminal never wraps one and the next drawing finds its place. */
export function renderBoard(
  board: Board,
  now: Instant,
  style: Style,
  width: number,
  /** Nothing runs any more: what has not come to its end has failed. */
  over = false,
): readonly string[] {
  const total = `  in all ${renderDuration(now - board.startedAt)}`;
  return [...board.lines.map((line) => renderLine(line, now, style, width, over)), style.faint(cut(total, width))];
}

const nameWidth = Math.max(...Object.values(partNames).map(widthOf));
const timeWidth = 11;

function renderLine(line: Line, now: Instant, style: Style, width: number, over: boolean): string {
  const elapsedMs = line.spentMs + (line.state === 'running' ? now - line.since : 0);
  const name = partNames[line.part].padEnd(nameWidth);
  const time = renderDuration(elapsedMs).padStart(timeWidth);
  const said = line.state === 'running' ? line.activity : line.changed ? '' : 'nothing to do';
  const words = cut(said, Math.max(0, width - nameWidth - timeWidth - 6));
  const turning = over ? style.bad('✘') : style.accent(spinner[Math.floor(now / frameMs) % spinner.length] ?? '');
  const mark = line.state === 'done' ? style.good('✔') : turning;
  return `${mark} ${line.state === 'done' ? name : style.strong(name)} ${time}${words === '' ? '' : `  ${style.faint(words)}`}`;
}
