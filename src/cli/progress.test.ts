import { describe, expect, it } from 'vitest';
import { type Progress, trackProgress } from '../commands/progress.ts';
import { widthOf } from './layout.ts';
import { advanceBoard, emptyBoard, renderBoard } from './progress-board.ts';
import { renderProgressLine } from './progress-lines.ts';
import { noStyle } from './style.ts';

const story: readonly Progress[] = [
  { kind: 'started', part: 'host', at: 0 },
  { kind: 'finished', part: 'host', at: 100, elapsedMs: 100, changed: false },
  { kind: 'started', part: 'boot', at: 100 },
  { kind: 'activity', part: 'boot', at: 200, text: 'boot app-1, app-2, app-3' },
];

describe('progress', () => {
  it('is a board with the time of every part, the running one included', () => {
    const board = story.reduce(advanceBoard, emptyBoard(0));
    expect(renderBoard(board, 2100, noStyle, 80).join('\n')).toMatchInlineSnapshot(`
      "✔ this machine            0.1 s  nothing to do
      ⠙ nodes                   2.0 s  boot app-1, app-2, app-3
        in all 2.1 s"
    `);
  });

  it('marks what was cut off when nothing runs any more', () => {
    const board = story.reduce(advanceBoard, emptyBoard(0));
    expect(renderBoard(board, 2100, noStyle, 80, true).map((line) => line[0])).toEqual(['✔', '✘', ' ']);
  });

  it('never draws a line that the terminal would wrap', () => {
    const board = advanceBoard(story.reduce(advanceBoard, emptyBoard(0)), {
      kind: 'activity',
      part: 'boot',
      at: 300,
      text: 'x'.repeat(300),
    });
    expect(Math.max(...renderBoard(board, 2100, noStyle, 60).map(widthOf))).toBeLessThanOrEqual(60);
  });

  it('counts a part that comes again once, with both times', () => {
    const again: readonly Progress[] = [
      { kind: 'finished', part: 'boot', at: 1000, elapsedMs: 900, changed: true },
      { kind: 'started', part: 'boot', at: 5000 },
      { kind: 'finished', part: 'boot', at: 5500, elapsedMs: 500, changed: true },
    ];
    const lines = renderBoard([...story, ...again].reduce(advanceBoard, emptyBoard(0)), 5500, noStyle, 80);
    expect(lines.filter((line) => line.includes('nodes'))).toEqual([expect.stringContaining('1.4 s')]);
  });

  it('is a line a change where nobody looks', () => {
    expect(story.map((progress) => renderProgressLine(progress, 0))).toEqual([
      undefined,
      '[   0.1 s] this machine: nothing to do',
      undefined,
      '[   0.2 s] nodes: boot app-1, app-2, app-3',
    ]);
  });

  it("follows the engine's events from part to part, and the times add up", () => {
    let now = 0;
    const told: string[] = [];
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const tracker = trackProgress(clock, ({ kind, part }) => told.push(`${kind} ${part}`));
    const event = (kind: string, step: string) => ({
      seq: 1,
      deployment: 'web',
      at: now,
      kind,
      message: kind,
      data: { step },
    });
    tracker.onEvent(event('step-started', 'ensure-tenant'));
    now = 300;
    tracker.onEvent(event('step-started', 'ensure-ground'));
    now = 500;
    tracker.onEvent(event('step-finished', 'ensure-ground'));
    tracker.onEvent(event('step-started', 'boot-nodes'));
    now = 900;
    tracker.onEvent({ seq: 2, deployment: 'web', at: now, kind: 'ready', message: 'ready' });
    tracker.finish();
    expect(told).toEqual([
      'started ground',
      'activity ground',
      'activity ground',
      'finished ground',
      'started boot',
      'activity boot',
      'finished boot',
    ]);
    expect(tracker.times()).toEqual([
      { part: 'ground', elapsedMs: 500, changed: true },
      { part: 'boot', elapsedMs: 400, changed: true },
    ]);
  });
});
