import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pollMs, retryMs } from './pace.ts';

describe('the pace', () => {
  it('of looking is quick at first and never slower than two seconds', () => {
    expect(pollMs(0)).toBe(200);
    expect(pollMs(10_000)).toBe(500);
    expect(pollMs(600_000)).toBe(2_000);
  });

  it('of trying again grows with the failures, up to a cap, with jitter of at most half', () => {
    expect(retryMs(1, 1)).toBe(500);
    expect(retryMs(3, 1)).toBe(2_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          expect(retryMs(failures, random)).toBeGreaterThanOrEqual(250);
          expect(retryMs(failures, random)).toBeLessThanOrEqual(15_000);
          expect(retryMs(failures + 1, random)).toBeGreaterThanOrEqual(retryMs(failures, random));
        },
      ),
    );
  });
});
