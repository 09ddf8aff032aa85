/**
 * Whether this kernel knows btrfs. Debian's kernels have it as a module that nothing has loaded yet, so what
 * /proc/filesystems lists is not the answer. Source: proc(5), modules.dep(5).
 */
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { execa } from 'execa';

const listed = async (): Promise<boolean> => /^\s*btrfs$/m.test(await readFile('/proc/filesystems', 'utf8'));

/** Changes nothing. */
export const hasBtrfs = async (): Promise<boolean> =>
  (await listed()) || isModule(await readFile(`/lib/modules/${release()}/modules.dep`, 'utf8').catch(() => ''));

/** `text` is that of modules.dep. */
export const isModule = (text: string): boolean => /^\S*\/btrfs\.ko\S*:/m.test(text);

/** Loads it where it is a module; false where this kernel has none. */
export async function loadBtrfs(): Promise<boolean> {
  if (await listed()) return true;
  await execa('modprobe', ['btrfs'], { reject: false });
  return listed();
}
