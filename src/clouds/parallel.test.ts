import { expect, test } from 'vitest';
import { inParallel } from './parallel.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('results come in the items’ order, and never more than the limit run at once', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (turns) => {
    running += 1;
    most = Math.max(most, running);
    for (let done = 0; done < turns; done += 1) await turn();
    running -= 1;
    return turns * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('the first item’s error is thrown, and only after all the others have ended', async () => {
  const ended: number[] = [];
  const work = async (item: number) => {
    for (let done = 0; done < item * 3; done += 1) await turn();
    ended.push(item);
    if (item !== 4) throw new Error(`no ${item}`);
  };
  await expect(inParallel([3, 1, 4], 3, work)).rejects.toThrow('no 3');
  expect(new Set(ended)).toEqual(new Set([1, 3, 4]));
});

test('nothing to do is done at once', async () => {
  expect(await inParallel([], 4, async () => 1)).toEqual([]);
});
