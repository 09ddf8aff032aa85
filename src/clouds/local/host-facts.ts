/**
 * What this host says about itself, read from the kernel: routes, memory, disk, confinement. The local cloud
 * is on the host that runs quorate, so files are the API. Source: proc(5), `Documentation/networking` (route).
 */
import { readFile, statfs } from 'node:fs/promises';
import type { Cidr } from '../../kernel/ipv4.ts';

export type Route = { readonly device: string; readonly cidr: Cidr };

/** Routes of the main table without the default ones. */
export async function hostRoutes(): Promise<readonly Route[]> {
  return parseRoutes(await readFile('/proc/net/route', 'utf8'));
}

/** The table's addresses are hexadecimal, least significant byte first. */
export function parseRoutes(table: string): readonly Route[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([device, destination, , , , , , mask]) => {
      if (device === undefined || destination === undefined || mask === undefined) return [];
      const prefix = bits(littleEndian(mask));
      return prefix === 0 ? [] : [{ device, cidr: { base: littleEndian(destination), prefix } }];
    });
}

const littleEndian = (hex: string): number => Buffer.from(hex, 'hex').readUInt32LE(0);

const bits = (mask: number): number => [...mask.toString(2)].filter((digit) => digit === '1').length;

/** Memory that can be given out without swapping, in MiB. */
export async function availableMemoryMiB(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8');
  return Math.floor(Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024);
}

/** Free space of the file system that holds `path`, in GiB; undefined when it cannot be read. */
export async function freeDiskGiB(path: string): Promise<number | undefined> {
  const facts = await statfs(path).catch(() => undefined);
  return facts === undefined ? undefined : (facts.bavail * facts.bsize) / 2 ** 30;
}

/**
 * Where AppArmor confines containers, systemd 257 in them cannot make its mounts without `security.nesting`.
 */
export const confinedByAppArmor = async (): Promise<boolean> =>
  (await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N')).trim() === 'Y';
