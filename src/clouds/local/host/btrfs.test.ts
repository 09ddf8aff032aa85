import { expect, test } from 'vitest';
import { isModule } from './btrfs.ts';

test('btrfs counts as there when the kernel has it as a module, packed or not', () => {
  expect(
    isModule(
      'kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko\nkernel/fs/btrfs/btrfs.ko.xz: kernel/lib/raid6/raid6_pq.ko.xz\n',
    ),
  ).toBe(true);
  expect(isModule('kernel/fs/btrfs/btrfs.ko: kernel/crypto/xor.ko\n')).toBe(true);
});

test('btrfs does not count as there when only another module needs it or the kernel has none', () => {
  expect(isModule('kernel/fs/other.ko: kernel/fs/btrfs/btrfs.ko\n')).toBe(false);
  expect(isModule('')).toBe(false);
});
