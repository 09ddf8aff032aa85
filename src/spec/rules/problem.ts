import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec, ServiceSpec } from '../schema.ts';

export type Path = Diagnostic['path'];

export const problem = (code: string, path: Path, message: string, hint: string | undefined): Diagnostic => ({
  code,
  severity: 'error',
  path,
  message,
  ...(hint === undefined ? {} : { hint }),
});

export type PlacedService = { readonly service: ServiceSpec; readonly path: Path; readonly role: string | undefined };

/** The members' services and every role's, with their places. */
export const allServices = (spec: DeploymentSpec): readonly PlacedService[] => [
  ...spec.services.map((service, index) => ({ service, path: ['services', index], role: undefined })),
  ...Object.entries(spec.roles).flatMap(([role, { services }]) =>
    services.map((service, index) => ({ service, path: ['roles', role, 'services', index], role })),
  ),
];

/** Pairs of an entry and an earlier one of the same key. */
export function repeated<T>(entries: readonly T[], keyOf: (entry: T) => unknown): readonly (readonly [T, T])[] {
  const first = new Map<unknown, T>();
  const pairs: (readonly [T, T])[] = [];
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key === undefined) continue;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, entry);
    else pairs.push([entry, earlier]);
  }
  return pairs;
}
