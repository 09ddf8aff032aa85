import { describe, expect, it } from 'vitest';
import { isMounted, mountPointsOf, parseMountinfo } from './mounts.ts';

const VOLUME = '/var/lib/quorate/volumes/data';
// As an unprivileged container on a btrfs pool has it, with a bind mount of the volume and one of a directory in it.
const MOUNTINFO = `733 700 0:41 /containers/quorate-a_app-1/rootfs / rw,relatime - btrfs /dev/loop0 rw,subvolid=260
837 733 0:41 /custom/quorate-a_data ${VOLUME} rw,relatime shared:1179 - btrfs /dev/loop0 rw
840 733 0:41 /custom/quorate-a_database /var/lib/quorate/volumes/database rw,relatime - btrfs /dev/loop0 rw
841 733 0:41 /custom/quorate-a_data /srv/data rw,relatime shared:1179 - btrfs /dev/loop0 rw
842 733 0:41 /custom/quorate-a_data/my\\040files /srv/my\\040files rw,relatime shared:1179 - btrfs /dev/loop0 rw
843 733 0:52 /custom/quorate-a_data /mnt rw,relatime - btrfs /dev/loop9 rw
`;

describe('mountPointsOf', () => {
  const mounts = parseMountinfo(MOUNTINFO);

  it('finds every place where the volume or a part of it is mounted, the volume itself last', () => {
    expect(mountPointsOf(mounts, VOLUME)).toEqual(['/srv/my files', '/srv/data', VOLUME]);
  });

  it('leaves alone what has a similar name or lies on another file system', () => {
    expect(mountPointsOf(mounts, '/var/lib/quorate/volumes/database')).toEqual(['/var/lib/quorate/volumes/database']);
  });

  it('names a place as often as something is mounted over it', () => {
    const twice = parseMountinfo(
      `${MOUNTINFO}850 837 0:41 /custom/quorate-a_data ${VOLUME} rw - btrfs /dev/loop0 rw\n`,
    );
    expect(mountPointsOf(twice, VOLUME).slice(-2)).toEqual([VOLUME, VOLUME]);
  });

  it('finds nothing where nothing is mounted', () => {
    expect(mountPointsOf(mounts, '/var/lib/quorate/volumes')).toEqual([]);
    expect(isMounted(mounts, '/var/lib/quorate/volumes')).toBe(false);
    expect(isMounted(mounts, VOLUME)).toBe(true);
  });
});
