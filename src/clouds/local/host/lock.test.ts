import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function heldBy(holder: string): Promise<void> {
  await mkdir(join(directory, 'quorate.lock'));
  await writeFile(join(directory, 'quorate.lock', 'holder'), holder);
}

test('the work is done alone and the lock is gone afterwards, also when the work fails', async () => {
  await expect(withLock(directory, 0, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(directory, 0, async () => 'done')).toBe('done');
  expect(await readdir(directory)).toEqual([]);
});

test('a holder that died is taken over at once', async () => {
  await heldBy('999999999 1');
  expect(await withLock(directory, 0, async () => 'done')).toBe('done');
});

test('a process that has the number of a dead holder is not that holder', async () => {
  await heldBy(`${process.pid} 1`);
  expect(await withLock(directory, 0, async () => 'done')).toBe('done');
});

test('a second one waits for the first, and is refused as busy when its patience ends', async () => {
  const order: string[] = [];
  const first = withLock(directory, 0, async () => {
    await sleep(300);
    order.push('first');
  });
  await sleep(50);
  await expect(withLock(directory, 0, async () => undefined)).rejects.toMatchObject({ code: 'BUSY', retry: 'later' });
  await withLock(directory, 5_000, async () => void order.push('second'));
  await first;
  expect(order).toEqual(['first', 'second']);
});
