/**
 * What the rules say of the rest of a document when some of its values have the wrong shape, so that
 * nobody mends a file in two rounds. The wrong values are left out, or stood in for where one must be;
 * what the rules then say near them may be about the hole, and is not told.
 */
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { validateSpec } from './rules.ts';
import { DeploymentSpec } from './schema.ts';

type Path = Diagnostic['path'];

export function rulesDespite(wrong: readonly Diagnostic[], value: unknown): readonly Diagnostic[] {
  const rest = structuredClone(value);
  const cuts = wrong.map(({ path }) => path.slice(0, path.findLastIndex((part) => typeof part === 'string') + 1));
  for (const [index, cut] of cuts.entries()) standIn(rest, cut, index);
  const shaped = DeploymentSpec.safeParse(rest);
  if (!shaped.success) return [];
  const nameless = cuts.some((cut) => cut.at(-1) === 'name');
  return validateSpec(shaped.data).filter(
    ({ path, code }) => !(nameless && code === 'unknown-name') && !cuts.some((cut) => isNear(path, cut)),
  );
}

/** Keys that no rule compares with another: a hole there is about itself alone. `name` is one at the top only. */
const inert = new Set(['apiVersion', 'cloud', 'image', 'sizeGiB', 'flavor', 'agent', 'mode', 'content', 'attach']);

/**
 * The keys of `cluster` say nothing about each other; those of an entry, or of the whole, do. Whether
 * there are roles, and which, matters everywhere.
 */
function isNear(path: Path, cut: Path): boolean {
  if (cut.length === 2 && cut[0] === 'roles') return true;
  const key = String(cut.at(-1));
  const alone = inert.has(key) || (cut.length === 1 && key === 'name') || (cut.length === 2 && cut[0] === 'cluster');
  const hole = alone ? cut : cut.slice(0, -1);
  return startsWith(path, hole) || startsWith(hole, path);
}

const startsWith = (path: Path, start: Path): boolean => start.every((part, index) => path[index] === part);

/** Changes `value`: what stands at `path` is replaced where the schema wants one, else removed. */
function standIn(value: unknown, path: Path, index: number): void {
  let parent = value;
  for (const part of path.slice(0, -1))
    parent = isGroup(parent) && Object.hasOwn(parent, part) ? parent[part] : undefined;
  const last = path.at(-1);
  if (!isGroup(parent) || typeof last !== 'string') return;
  const substitute = substitutes(index).get(last);
  if (substitute === undefined) delete parent[last];
  else parent[last] = substitute;
}

const isGroup = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;

/** For every key that must be there; none like another or like a person's. */
const substitutes = (index: number): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ['apiVersion', 'quorate/v1'],
    ['name', `hole-${index}`],
    ['sizeGiB', 1],
    ['mount', `/srv/hole-${index}`],
    ['agent', 'ocf:heartbeat:Dummy'],
    ['port', 65_535],
    ['to', 65_535],
    ['path', `/srv/hole-${index}/file`],
    ['content', ''],
  ]);
