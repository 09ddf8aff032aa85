/**
 * What the local cloud is made of, as the host's set-up chose it. Handed in by `main`, so that tests can
 * name a pool, an image and a range of their own.
 */

import { invariant } from '../../kernel/invariant.ts';
import { parseCidr, parseIpv4, renderIpv4 } from '../../kernel/ipv4.ts';

export type LocalFlavor = { readonly cpus: number; readonly memoryMiB: number };

export type LocalCloudSettings = {
  /** Storage pool of instances and images. */
  readonly pool: string;
  /** Storage pool of volumes. */
  readonly volumePool: string;
  /** Alias of the node image, in Incus' project `default`. */
  readonly imageAlias: string;
  /**
   * Addresses handed out to VIPs, first and last. They must lie outside every bridge's own subnet: Incus
   * refuses a forward whose listen address is inside one ("overlaps with another network or NIC").
   */
  readonly outside: { readonly first: string; readonly last: string };
  readonly flavors: Readonly<Record<string, LocalFlavor>>;
};

export const localFlavors: Readonly<Record<string, LocalFlavor>> = {
  tiny: { cpus: 1, memoryMiB: 256 },
  small: { cpus: 1, memoryMiB: 512 },
  medium: { cpus: 2, memoryMiB: 2048 },
  large: { cpus: 4, memoryMiB: 8192 },
};

/**
 * The settings for an external network like 172.29.77.0/24: its first eight addresses belong to the bridge
 * `quorate-out` (172.29.77.1/29, the host), the rest are for VIPs.
 */
export function localCloudSettings(external: string, volumePool: string): LocalCloudSettings {
  const cidr = parseCidr(external);
  invariant(cidr !== undefined && cidr.prefix <= 28, `${external} is a network of at least 16 addresses`);
  const last = cidr.base + 2 ** (32 - cidr.prefix) - 2;
  return {
    pool: 'quorate',
    volumePool,
    imageAlias: 'quorate-node',
    outside: { first: renderIpv4(cidr.base + 8), last: renderIpv4(last) },
    flavors: localFlavors,
  };
}

/** The addresses for VIPs as numbers, both ends included. */
export function outsideRange(settings: LocalCloudSettings): { readonly first: number; readonly last: number } {
  const first = parseIpv4(settings.outside.first);
  const last = parseIpv4(settings.outside.last);
  invariant(first !== undefined && last !== undefined && first <= last, 'the range of outside addresses is one');
  return { first, last };
}
