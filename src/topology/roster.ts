/**
 * Hands out ids and host numbers and remembers them: what is in the roster stays, what is new gets the
 * next id never used and the lowest free host number of its zone.
 */
import type { Roster } from './topology.ts';

/** Host numbers, inclusive, within every network. Numbers 1 to 9 are the gateway's and reserved. */
export type Zone = { readonly first: number; readonly last: number };

export const zones = {
  vip: { first: 10, last: 99 },
  app: { first: 101, last: 149 },
  lb: { first: 151, last: 179 },
  storage: { first: 181, last: 199 },
  /** Beyond a /24: only where there are roles. */
  remote: { first: 257, last: 2045 },
} as const satisfies Record<string, Zone>;

/** Ids of a tier of `count` nodes: the live ones stay, the highest go first, the new ones were never used. */
export function claimIds(roster: Roster, tier: string, count: number): { live: readonly number[]; next: number } {
  const known = roster.tiers[tier] ?? { live: [], next: 1 };
  const kept = known.live.slice(0, count);
  const added = Array.from({ length: count - kept.length }, (_, index) => known.next + index);
  return { live: [...kept, ...added], next: known.next + added.length };
}

/**
 * Host numbers for `claims`, in order, and for everything that ever had one. A wish or a number of the roster
 * is kept; the rest get the lowest number of their zone that nobody ever had: while a cluster changes, the
 * address of what goes is still up. Only when there is none left, the lowest that nobody has now.
 */
export function claimHosts(
  roster: Roster,
  claims: readonly { readonly key: string; readonly zone: Zone; readonly wish?: number }[],
): Readonly<Record<string, number>> {
  const hosts: Record<string, number> = {};
  for (const { key, wish } of claims) {
    const settled = wish ?? roster.hosts[key];
    if (settled !== undefined) hosts[key] = settled;
  }
  const taken = new Set(Object.values(hosts));
  const everHad = new Set([...taken, ...Object.values(roster.hosts)]);
  for (const { key, zone } of claims) {
    if (hosts[key] !== undefined) continue;
    const fresh = lowestFree(zone, everHad);
    const host = fresh <= zone.last ? fresh : lowestFree(zone, taken);
    taken.add(host);
    everHad.add(host);
    hosts[key] = host;
  }
  const departed = Object.entries(roster.hosts).filter(([key, host]) => hosts[key] === undefined && !taken.has(host));
  return { ...Object.fromEntries(departed), ...hosts };
}

/** One past the zone's end when it is full (a specification that validates never fills it). */
function lowestFree({ first, last }: Zone, taken: ReadonlySet<number>): number {
  let host = first;
  while (taken.has(host) && host <= last) host += 1;
  return host;
}
