/** The node's own view of what is mounted: proc(5), /proc/pid/mountinfo. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Refusal } from '../../kernel/refusal.ts';

export type Mount = {
  /** `major:minor`, the same for every mount of one file system. */
  readonly device: string;
  /** The directory of that file system which is mounted. */
  readonly root: string;
  readonly mountPoint: string;
};

/** In mountinfo's order: what was mounted later stands later. Lines that are not mountinfo's are left out. */
export function parseMountinfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , device, root, mountPoint] = line.split(' ');
    if (device === undefined || root === undefined || mountPoint === undefined) return [];
    return [{ device, root: unescape(root), mountPoint: unescape(mountPoint) }];
  });
}

/** Blanks and backslashes stand as `\040`. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export const readMounts = (): readonly Mount[] => parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));

export const isMounted = (mounts: readonly Mount[], path: string): boolean =>
  mounts.some(({ mountPoint }) => mountPoint === path);

/**
 * Every place where what is mounted at `path`, or a directory in it, is mounted too, in the order to unmount them:
 * the last mounted first, `path` itself at the end.
 */
export function mountPointsOf(mounts: readonly Mount[], path: string): readonly string[] {
  const sources = mounts.filter(({ mountPoint }) => mountPoint === path);
  const within = (mount: Mount) =>
    sources.some(
      ({ device, root }) =>
        mount.device === device && (mount.root === root || mount.root.startsWith(`${root.replace(/\/$/, '')}/`)),
    );
  const points = mounts
    .filter(within)
    .map(({ mountPoint }) => mountPoint)
    .toReversed();
  return [...points.filter((point) => point !== path), ...points.filter((point) => point === path)];
}

/**
 * Never lazily: a lazy unmount leaves writers behind, and the volume may then be mounted elsewhere beside them.
 * @throws Refusal BUSY with umount's own words when it is in use
 */
export function unmount(mountPoint: string): void {
  try {
    execFileSync('/usr/bin/umount', ['--', mountPoint], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const words = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
    throw new Refusal('BUSY', `cannot unmount ${mountPoint}: ${words}`, { retry: 'later', cause });
  }
}
