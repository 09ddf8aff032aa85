import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, percentile, renderMs } from './numbers.ts';

test('of twenty samples the nineteenth is the 95th percentile and the last is the maximum', () => {
  const samples = Array.from({ length: 20 }, (_, index) => 20 - index);
  expect(percentile(samples, 0.95)).toBe(19);
  expect(percentile(samples, 1)).toBe(20);
  expect(median(samples)).toBe(10.5);
});

test('a percentile is one of the samples, and at least that share of them does not exceed it', () => {
  const anySamples = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1 });
  fc.assert(
    fc.property(anySamples, fc.double({ min: 0.01, max: 1, noNaN: true }), (samples, share) => {
      const found = percentile(samples, share);
      expect(samples).toContain(found);
      expect(samples.filter((sample) => sample <= found).length).toBeGreaterThanOrEqual(share * samples.length - 1e-9);
    }),
  );
});

test('times have the unit in which they are read', () => {
  expect([renderMs(8312), renderMs(141.7), renderMs(3.42), renderMs(Number.NaN)]).toEqual([
    '8.31 s',
    '142 ms',
    '3.4 ms',
    'never',
  ]);
});
