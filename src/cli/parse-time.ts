import { InvalidArgumentError } from 'commander';

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `90s`, `10min`, `1h` -> milliseconds. Throws commander's InvalidArgumentError. */
export function parseTimeMs(text: string): number {
  const match = /^([1-9][0-9]{0,5})(s|m|min|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be a time like 90s, 10min or 1h.');
  return Number(match[1]) * (unitsMs[match[2] ?? ''] ?? 0);
}
