/** By what the engine and a cloud agree whether the cloud remembers the latest. Pure. */
import { createHash } from 'node:crypto';
import type { DeploymentMemory } from './cloud.ts';

/** Sixteen hexadecimal digits; equal for equal memories, in whatever order their keys come back from a cloud. */
export const memoryDigest = ({ specText, roster, sealedSecrets }: DeploymentMemory): string =>
  createHash('sha256')
    .update(JSON.stringify([specText, sorted(roster), sorted(sealedSecrets)]))
    .digest('hex')
    .slice(0, 16);

/** The same value with every object's keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
