/** A volume's block device on this node: where it appears, whether it is free, and its first file system. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Refusal } from '../../kernel/refusal.ts';

const BY_ID = '/dev/disk/by-id';

/** virtio-blk has room for so much of a serial number, and Nova gives it the volume's id. */
const VIRTIO_SERIAL_LENGTH = 20;

/** udev's name for it, which goes when the device goes; undefined while it is not there. */
export function devicePath(volumeId: string): string | undefined {
  let names: readonly string[] = [];
  try {
    names = readdirSync(BY_ID);
  } catch {
    // No device has any name yet.
  }
  const virtio = `virtio-${volumeId.slice(0, VIRTIO_SERIAL_LENGTH)}`;
  const found = names.find((name) => name === virtio || (name.startsWith('scsi-') && name.endsWith(`_${volumeId}`)));
  return found === undefined ? undefined : join(BY_ID, found);
}

export function isBlockDevice(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isBlockDevice() ?? false;
}

/** In one step, in place of an older link. */
export function link(path: string, device: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const made = `${path}.${process.pid}`;
  symlinkSync(device, made);
  renameSync(made, path);
}

export const unlink = (path: string): void => rmSync(path, { force: true });

/**
 * Writes out what the kernel still keeps for the device.
 * @throws Refusal BUSY while it is mounted or part of another device, in whatever mount namespace (open(2), O_EXCL)
 */
export function releaseDevice(device: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(device, constants.O_RDONLY | constants.O_EXCL);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBUSY') throw cause;
    throw new Refusal('BUSY', `${device} is still in use on this node`, { retry: 'later', cause });
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Leaves the device with an ext4 file system on it: the one that is there, or, on a blank one, a new one.
 *
 * Data must never be formatted away, so all three must say "blank": blkid's probing of the device itself finds no
 * signature of anything, the beginning and the end are zeros, and mke2fs is not forced. The kernel's buffers are
 * dropped first: another node may have written to a shared volume since this one read it last.
 * @throws Refusal CONFLICT with what was found instead
 */
export function ensureFileSystem(device: string, volume: string, log: (line: string) => void): void {
  const refuse = (what: string) =>
    new Refusal('CONFLICT', `${volume} holds ${what}, so it is left as it is`, {
      retry: 'never',
      next: `If nothing on it is needed, run: wipefs -a ${device} && mkfs.ext4 ${device}`,
    });
  run('blockdev', ['--flushbufs', device]);
  const probe = run('blkid', ['-p', '-o', 'export', device], BLKID.nothing, BLKID.ambivalent);
  if (probe.status === BLKID.ambivalent) throw refuse('more than one kind of data');
  if (probe.status === 0) {
    const type = /^(?:TYPE|PTTYPE)=(.*)$/m.exec(probe.stdout)?.[1] ?? 'something unknown';
    if (/^TYPE=ext4$/m.test(probe.stdout)) return;
    throw refuse(`${type}, not ext4`);
  }
  if (!isBlank(device)) throw refuse('data of an unknown kind');
  log(`making an ext4 file system on ${device}, which is blank`);
  run('mkfs.ext4', ['-q', '-L', volume.slice(0, EXT4_LABEL_LENGTH), device]);
}

const EXT4_LABEL_LENGTH = 16;
/** blkid(8), "EXIT STATUS". */
const BLKID = { nothing: 2, ambivalent: 8 } as const;

const MIB = 1024 * 1024;
/** More than any file system, volume manager or partition table leaves at either end of a device. */
const LOOKED_AT = 16 * MIB;

function isBlank(device: string): boolean {
  const sectors = Number(readFileSync(`/sys/class/block/${basename(realpathSync(device))}/size`, 'utf8'));
  const size = sectors * 512;
  const descriptor = openSync(device, 'r');
  try {
    return isZero(descriptor, 0, Math.min(size, LOOKED_AT)) && isZero(descriptor, Math.max(0, size - LOOKED_AT), size);
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes that cannot be read are not zero. */
function isZero(descriptor: number, from: number, to: number): boolean {
  const zeros = Buffer.alloc(MIB);
  const chunk = Buffer.alloc(MIB);
  for (let at = from; at < to; ) {
    const length = readSync(descriptor, chunk, 0, Math.min(MIB, to - at), at);
    if (length === 0 || !chunk.subarray(0, length).equals(zeros.subarray(0, length))) return false;
    at += length;
  }
  return true;
}

/** @throws Refusal TOOL_MISSING, CONFLICT with the tool's own words */
function run(tool: string, args: readonly string[], ...alsoFine: readonly number[]): SpawnSyncReturns<string> {
  const path = `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`;
  const result = spawnSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: path } });
  if (result.error !== undefined)
    throw new Refusal('TOOL_MISSING', `cannot run ${tool}: ${result.error.message}`, { retry: 'never' });
  if (result.status === 0 || alsoFine.includes(result.status ?? -1)) return result;
  const words = result.stderr.trim();
  throw new Refusal('CONFLICT', `${tool} failed (${result.signal ?? result.status}): ${words}`, { retry: 'later' });
}
