import { expect, test } from 'vitest';
import { defaultStateDirectory, layoutOf } from './layout.ts';

test('two state directories share no name that the host has only once', () => {
  const [one, other] = [layoutOf('/srv/one'), layoutOf('/srv/other')];
  expect(new Set([one, other, layoutOf(defaultStateDirectory)].map(({ outsideBridge }) => outsideBridge)).size).toBe(3);
  expect(one.unitName).not.toBe(other.unitName);
});

test('every bridge name is one that the kernel takes', () => {
  for (const directory of [defaultStateDirectory, '/srv/one'])
    expect(layoutOf(directory).outsideBridge.length).toBeLessThanOrEqual(15);
});
