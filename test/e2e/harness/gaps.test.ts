import { expect, test } from 'vitest';
import { type Attempt, firstAnswerAfter, longestGapMs } from './gaps.ts';

const attempt = (startedAt: number, endedAt: number, ok: boolean, said = ''): Attempt => ({
  startedAt,
  endedAt,
  ok,
  said,
});

test('an outage lasts from the last answer before it to the first after it', () => {
  const log = [
    attempt(0, 5, true),
    attempt(50, 1050, false),
    attempt(100, 1100, false),
    attempt(1150, 1160, true),
    attempt(1200, 1205, true),
  ];
  expect(longestGapMs(log)).toBe(1155);
});

test('answers that come out of order are no outage', () => {
  expect(longestGapMs([attempt(50, 60, true), attempt(0, 55, true), attempt(100, 105, true)])).toBe(45);
});

test('a log without answers is an outage without end', () => {
  expect(longestGapMs([attempt(0, 1000, false), attempt(50, 60, true)])).toBe(Number.POSITIVE_INFINITY);
});

test('an answer to a try from before the kill does not count as service after it', () => {
  const log = [
    attempt(90, 130, true, 'app-1'),
    attempt(110, 120, false),
    attempt(150, 160, true, 'app-1'),
    attempt(200, 210, true, 'app-2'),
  ];
  expect(firstAnswerAfter(log, 100)?.startedAt).toBe(150);
  expect(firstAnswerAfter(log, 100, (said) => said === 'app-2')?.startedAt).toBe(200);
  expect(firstAnswerAfter(log, 300)).toBeUndefined();
});
