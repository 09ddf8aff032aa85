/** IPv4 arithmetic on `a.b.c.d` and `a.b.c.d/n` texts (RFC 4632). Pure. */
export type Cidr = { readonly base: number; readonly prefix: number };

/** undefined for anything but four decimal octets without leading zeroes. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export const renderIpv4 = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** undefined unless `address/prefix` with every host bit zero. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9.]+)\/(\d|[12]\d|3[0-2])$/.exec(text);
  const base = match?.[1] === undefined ? undefined : parseIpv4(match[1]);
  if (match === null || base === undefined) return undefined;
  const prefix = Number(match[2]);
  return base % 2 ** (32 - prefix) === 0 ? { base, prefix } : undefined;
}

export const renderCidr = (cidr: Cidr): string => `${renderIpv4(cidr.base)}/${cidr.prefix}`;

export const cidrSize = (cidr: Cidr): number => 2 ** (32 - cidr.prefix);

export const cidrContains = (cidr: Cidr, address: number): boolean =>
  address >= cidr.base && address < cidr.base + cidrSize(cidr);

export const cidrsOverlap = (one: Cidr, other: Cidr): boolean =>
  cidrContains(one, other.base) || cidrContains(other, one.base);
