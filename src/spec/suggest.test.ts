import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, oneOf } from './suggest.ts';

describe('editDistance', () => {
  it.each([
    ['vips', 'vips', 0],
    ['vip', 'vips', 1],
    ['nmae', 'name', 1],
    ['flavour', 'flavor', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('%s to %s takes %i edits', (one, other, edits) => expect(editDistance(one, other)).toBe(edits));

  it('is the same both ways, zero only for the same word, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
        const edits = editDistance(one, other);
        expect(editDistance(other, one)).toBe(edits);
        expect(edits === 0).toBe(one === other);
        expect(edits).toBeLessThanOrEqual(Math.max(one.length, other.length));
      }),
    );
  });
});

describe('nearest', () => {
  const keys = ['nodes', 'flavor', 'loadBalancers', 'storage', 'vips'];

  it.each([
    ['node', 'nodes'],
    ['flavour', 'flavor'],
    ['load_balancers', 'loadBalancers'],
    ['vpis', 'vips'],
    ['STORAGE', 'storage'],
  ])('takes %s for %s', (word, meant) => expect(nearest(word, keys)).toBe(meant));

  it.each(['colour', 'x', '', 'a'.repeat(10_000)])('guesses nothing for a word that is like none', (word) =>
    expect(nearest(word, keys)).toBeUndefined(),
  );
});

describe('oneOf', () => {
  it('reads as people list things', () => {
    expect(oneOf(['a'])).toBe('a');
    expect(oneOf(['a', 'b'])).toBe('a or b');
    expect(oneOf(['a', 'b', 'c'])).toBe('a, b or c');
  });
});
