/** The nearest right word to one that a person wrote. */

/** Case, dashes and underscores are never what a person meant to say. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '');

/**
 * Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, one each
 * (Damerau 1964). Swaps are the commonest slip of the hand, and plain Levenshtein counts them twice.
 */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      let best = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, other.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;

/** The candidate that needs the fewest edits, when they are few for the word's length; the first of equals. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const meant = plain(word);
  // Nobody's slip of the hand is that long, and the comparison costs length times length.
  if (meant.length === 0 || meant.length > 64) return undefined;
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(meant, plain(candidate));
    const allowed = Math.max(1, Math.floor(Math.min(meant.length, candidate.length) / 3));
    if (distance > allowed || (best !== undefined && distance >= best.distance)) continue;
    best = { candidate, distance };
  }
  return best?.candidate;
}

/** `a`, `a or b`, `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** "did you mean `vips`?", or everything that is possible when nothing is near. */
export function didYouMean(word: string, candidates: readonly string[], otherwise?: string): string | undefined {
  const near = nearest(word, candidates);
  return near === undefined ? otherwise : `did you mean \`${near}\`?`;
}
