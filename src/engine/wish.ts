/** A person's new specification and the stored record in; the record as it shall be, or a refusal, out. */
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../kernel/clock.ts';
import { type Diagnostic, renderPath } from '../kernel/diagnostic.ts';
import { Refusal } from '../kernel/refusal.ts';
import { parseSpec } from '../spec/parse.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import { deriveTopology } from '../topology/derive.ts';
import { hasRoles } from '../topology/networks.ts';
import { emptyRoster, type Topology } from '../topology/topology.ts';
import type { DeploymentRecord } from './engine.ts';
import { immutableChanges, type Life } from './immutable.ts';

export type Wish = { readonly record: DeploymentRecord; readonly topology: Topology };

/**
 * The very same record when the meaning is the same. `lifeOf` is asked only when it is not.
 * Throws NOT_SUPPORTED, CONFLICT while it is being deleted, INVALID_INPUT for an immutable's change.
 */
export async function nextWish(
  stored: DeploymentRecord | undefined,
  next: { readonly spec: DeploymentSpec; readonly specText: string; readonly now: Instant },
  lifeOf: (stored: DeploymentRecord) => Promise<Life>,
): Promise<Wish> {
  const { spec, specText, now } = next;
  const { topology, roster } = deriveTopology(spec, stored?.roster ?? emptyRoster);
  if (hasRoles(spec) && spec.storageCluster !== undefined) throw notYet(topology.scenario);
  if (stored?.desired === 'absent') throw beingDeleted(spec.name);
  const base = { name: spec.name, cloud: spec.cloud, specText, desired: 'present', roster, updatedAt: now } as const;
  if (stored === undefined) return { topology, record: { ...base, generation: 1, createdAt: now } };
  const live = specOf(stored);
  if (isDeepStrictEqual(live, spec)) return { topology, record: stored };
  const refused = immutableChanges(live, spec, await lifeOf(stored));
  if (refused.length > 0) throw immutable(spec.name, refused);
  return { topology, record: { ...base, generation: stored.generation + 1, createdAt: stored.createdAt } };
}

/** What was stored, parsed again. Throws INVALID_INPUT when this version reads it no more. */
export function specOf(record: DeploymentRecord): DeploymentSpec {
  const parsed = parseSpec(record.specText);
  // The command line may name another cloud than the file.
  if (parsed.spec !== undefined) return { ...parsed.spec, cloud: record.cloud };
  throw new Refusal(
    'INVALID_INPUT',
    `the stored specification of ${record.name} is not valid for this version of quorate`,
    {
      retry: 'never',
      next: 'use the version that it was applied with, or delete the deployment',
      data: { diagnostics: parsed.diagnostics },
    },
  );
}

/** Shares on remote nodes were never tried. */
const notYet = (scenario: Topology['scenario']) =>
  new Refusal('NOT_SUPPORTED', 'not yet: this version makes no storage cluster beside roles', {
    retry: 'never',
    next: 'leave out storageCluster or roles; `quorate render` shows what they will mean together',
    data: { scenario },
  });

const beingDeleted = (name: string) =>
  new Refusal('CONFLICT', `${name} is being deleted`, {
    retry: 'never',
    next: `finish that first: quorate delete ${name}`,
  });

function immutable(name: string, diagnostics: readonly Diagnostic[]): Refusal {
  const what = diagnostics.map((each) => `${renderPath(each.path)} ${each.message}`).join('; ');
  return new Refusal('INVALID_INPUT', `${name} exists already: ${what}`, {
    retry: 'never',
    next: `set it back, or delete ${name} first`,
    data: { diagnostics },
  });
}
