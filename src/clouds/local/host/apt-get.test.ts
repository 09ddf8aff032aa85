import { expect, test } from 'vitest';
import { aptReasons, locksInode } from './apt-get.ts';

test('the reasons of a failed apt-get are its errors and failed downloads, each once', () => {
  const log = [
    'Reading package lists...',
    'W: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Temporary failure resolving',
    'W: Some index files failed to download. They have been ignored, or old ones used instead.',
    'E: Unable to locate package incus-base',
    'E: Unable to locate package incus-base',
  ].join('\n');
  expect(aptReasons(log)).toEqual([
    'W: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Temporary failure resolving',
    'E: Unable to locate package incus-base',
  ]);
});

test('a file is locked when the kernel lists its inode, and no other whose number ends alike', () => {
  const locks = '1: POSIX  ADVISORY  WRITE 712 fe:00:2154497 0 EOF\n2: FLOCK  ADVISORY  WRITE 699 00:1a:1127 0 EOF\n';
  expect(locksInode(locks, 2154497)).toBe(true);
  expect(locksInode(locks, 497)).toBe(false);
  expect(locksInode(locks, 712)).toBe(false);
});
