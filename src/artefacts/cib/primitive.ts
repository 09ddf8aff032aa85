/** One resource or fence device -> `<primitive>`. Follows "Pacemaker Explained", Resources. */
import type { XmlElement } from 'libxml2-wasm';
import type { Cluster, Operation } from '../../topology/topology.ts';
import { type Attributes, append, appendPairs } from './xml.ts';

export type Primitive = {
  readonly id: string;
  readonly agent: { readonly class: string; readonly provider?: string; readonly type: string };
  readonly params: Attributes;
  readonly operations: readonly Operation[];
  readonly meta?: Attributes;
};

export function appendPrimitive(parent: XmlElement, { id, agent, params, operations, meta }: Primitive): void {
  const element = append(parent, 'primitive', { id, class: agent.class, provider: agent.provider, type: agent.type });
  appendPairs(element, 'instance_attributes', `${id}-params`, params);
  appendPairs(element, 'meta_attributes', `${id}-meta`, meta ?? {});
  if (operations.length === 0) return;
  const list = append(element, 'operations');
  for (const operation of operations) {
    const interval = operation.interval ?? (operation.name === 'monitor' ? '10s' : '0s');
    append(list, 'op', {
      id: `${id}-${operation.name}-${interval}${operation.role === undefined ? '' : `-${operation.role}`}`,
      name: operation.name,
      interval,
      timeout: operation.timeout,
      'on-fail': operation.onFail,
      role: operation.role,
    });
  }
}

/**
 * By how much longer everything may take where a node may stand still for half a minute and is not to be called dead: an
 * operation that times out there is no failure either, and a stop that does is a fencing.
 */
export const patienceOf = ({ failureDetection }: Pick<Cluster, 'failureDetection'>): number =>
  failureDetection === 'tolerant' ? 3 : 1;

/** Defaults with the timeouts of their cluster; they are written in seconds. */
export const atPaceOf = (cluster: Cluster, defaults: readonly Operation[]): readonly Operation[] =>
  defaults.map((each) =>
    each.timeout === undefined
      ? each
      : { ...each, timeout: `${patienceOf(cluster) * Number.parseInt(each.timeout, 10)}s` },
  );

/** One whose operations no person wrote. */
export const appendOwn = (parent: XmlElement, cluster: Cluster, primitive: Primitive): void =>
  appendPrimitive(parent, { ...primitive, operations: atPaceOf(cluster, primitive.operations) });

/** The person's operations over the defaults: a default goes when the person wrote one of that name. */
export const withDefaults = (written: readonly Operation[], defaults: readonly Operation[]): readonly Operation[] => [
  ...written,
  ...defaults.filter(({ name }) => !written.some((operation) => operation.name === name)),
];
