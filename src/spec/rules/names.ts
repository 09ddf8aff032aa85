/** Names, and the ids that Pacemaker's resources get from them: one space for a whole deployment. */
import { type Diagnostic, renderPath } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec } from '../schema.ts';
import { allServices, type Path, problem, repeated } from './problem.ts';

type Named = { readonly what: string; readonly name: string; readonly path: Path; readonly ids: readonly string[] };

const mounted = (name: string): readonly string[] => [`mount-${name}`, `volume-${name}`];

function allNamed(spec: DeploymentSpec): readonly Named[] {
  return [
    ...spec.vips.map(({ name }, index) => ({ what: 'VIP', name, path: ['vips', index, 'name'], ids: [`vip-${name}`] })),
    ...spec.storage.map(({ name }, index) => ({
      what: 'volume',
      name,
      path: ['storage', index, 'name'],
      ids: mounted(name),
    })),
    ...(spec.storageCluster?.shares ?? []).map(({ name }, index) => ({
      what: 'share',
      name,
      path: ['storageCluster', 'shares', index, 'name'],
      ids: [...mounted(name), `export-${name}`, `share-${name}`, `share-${name}-clone`],
    })),
    ...allServices(spec).map(({ service: { name, clone, promotable }, path }) => ({
      what: 'service',
      name,
      path: [...path, 'name'],
      ids: clone || promotable ? [name, `${name}-clone`] : [name],
    })),
  ];
}

export function nameProblems(spec: DeploymentSpec): readonly Diagnostic[] {
  const named = allNamed(spec);
  const duplicates = repeated(named, ({ name }) => name).map(([later, earlier]) =>
    problem(
      'duplicate-name',
      later.path,
      `\`${later.name}\` is already the name of a ${earlier.what} (${renderPath(earlier.path.slice(0, -1))})`,
      'VIPs, volumes, shares and services share one set of names: choose another',
    ),
  );
  return [...duplicates, ...idProblems(spec, named), ...roleNameProblems(spec)];
}

function idProblems(spec: DeploymentSpec, named: readonly Named[]): readonly Diagnostic[] {
  const ids = named.flatMap((entry) => entry.ids.map((id) => ({ id, entry })));
  // Two of the same name were told of already.
  const clashes = repeated(ids, ({ id }) => id).filter(([later, earlier]) => later.entry.name !== earlier.entry.name);
  const found = clashes.map(([later, earlier]) =>
    reserved(later.entry, later.id, `the ${earlier.entry.what} \`${earlier.entry.name}\``),
  );
  for (const { id, entry } of ids) {
    if (id === 'fencing') found.push(reserved(entry, id, 'the fence device'));
    if (spec.storageCluster !== undefined && ['share-client', 'share-client-clone'].includes(id))
      found.push(reserved(entry, id, 'the client of the shares'));
    // A remote node is a resource under its own name.
    const role = Object.keys(spec.roles).find(
      (name) => id.startsWith(`${name}-`) && /^[0-9]+$/.test(id.slice(name.length + 1)),
    );
    if (role !== undefined) found.push(reserved(entry, id, `a node of the role \`${role}\``));
  }
  if (spec.storageCluster === undefined) return found;
  const shares = named.filter(({ what, name }) => what === 'VIP' && name === 'shares');
  return [...found, ...shares.map((entry) => reserved(entry, 'vip-shares', "the storage cluster's own VIP"))];
}

const reserved = ({ name, path }: Named, id: string, owner: string): Diagnostic =>
  problem(
    'reserved-name',
    path,
    `\`${name}\` needs the id \`${id}\` in Pacemaker, which is that of ${owner}`,
    'choose another name',
  );

const tierNames = ['app', 'lb', 'storage', 'core'];

const roleNameProblems = (spec: DeploymentSpec): readonly Diagnostic[] =>
  tierNames
    .filter((name) => Object.hasOwn(spec.roles, name))
    .map((name) =>
      problem(
        'reserved-name',
        ['roles', name],
        `\`${name}\` is what Quorate calls a tier of its own`,
        `choose another name, like \`${name}-server\``,
      ),
    );
