import { expect, test } from 'vitest';
import { heldTwice, longestBlindMs, renderHolding, type Sample } from './holding.ts';

const nothing = { vip: false, mount: false };
const all = { vip: true, mount: true };
const sample = (at: number, nodes: Sample['nodes']): Sample => ({ at, tookMs: 1, nodes });

const handover = [
  sample(0, { 'app-1': nothing, 'app-2': all }),
  sample(25, { 'app-1': nothing, 'app-2': 'absent' }),
  sample(50, { 'app-1': { vip: true, mount: false }, 'app-2': nothing }),
];

test('a handover with a pause between two holders is clean', () => {
  expect(heldTwice(handover)).toEqual([]);
});

test('two nodes that hold the VIP in one sample are found', () => {
  const both = sample(40, { 'app-1': { vip: true, mount: false }, 'app-2': all });
  expect(heldTwice([...handover, both])).toEqual([{ at: 40, what: 'vip', nodes: ['app-1', 'app-2'] }]);
});

test('two nodes that mounted the volume in one sample are found, whoever holds the VIP', () => {
  const both = sample(40, { 'app-1': { vip: false, mount: true }, 'app-2': all });
  expect(heldTwice([both])).toEqual([{ at: 40, what: 'mount', nodes: ['app-1', 'app-2'] }]);
});

test('time in which nobody looked is known', () => {
  expect(longestBlindMs([...handover, sample(800, { 'app-1': all })])).toBe(750);
  expect(longestBlindMs([sample(0, {})])).toBe(Number.POSITIVE_INFINITY);
});

test('the log names holders, their overlap and the pauses', () => {
  const both = sample(1000, { 'app-1': all, 'app-2': all });
  expect(renderHolding([...handover, both], 'vip')).toBe(
    'app-2 0.00-0.03 s, nobody 0.03-0.05 s, app-1 0.05-1.00 s, app-1+app-2 1.00-1.00 s',
  );
});
