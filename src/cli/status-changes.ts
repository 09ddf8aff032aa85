/** Two looks at a deployment -> what has changed between them, a sentence each. */
import type { StatusView } from '../commands/status-view.ts';

export function statusChanges(before: StatusView, now: StatusView): readonly string[] {
  const state = (view: StatusView) => `${view.state}: ${view.because}`;
  return [
    ...(state(before) === state(now) ? [] : [`${now.name} is ${state(now)}`]),
    ...changed(before.clusters, now.clusters, 'cluster', (cluster) =>
      cluster.reachable ? `${cluster.quorate ? 'quorate' : 'without quorum'}, fencing ${cluster.fencing}` : 'no answer',
    ),
    ...changed(before.nodes, now.nodes, 'node', (node) => node.state),
    ...changed(before.vips, now.vips, 'VIP', (vip) => vip.heldBy ?? 'nobody'),
    ...changed(before.volumes, now.volumes, 'volume', (volume) => volume.mountedOn ?? 'nobody'),
    ...changed(before.services, now.services, 'service', (service) => [service.state, ...service.nodes].join(' ')),
    ...freshFencing(before, now),
  ];
}

function changed<T extends { readonly name: string }>(
  before: readonly T[],
  now: readonly T[],
  kind: string,
  say: (thing: T) => string,
): readonly string[] {
  return now.flatMap((thing) => {
    const former = before.find(({ name }) => name === thing.name);
    const [was, is] = [former === undefined ? 'unknown' : say(former), say(thing)];
    return was === is ? [] : [`${kind} ${thing.name}: ${was} -> ${is}`];
  });
}

function freshFencing(before: StatusView, now: StatusView): readonly string[] {
  const known = new Set(before.fencing.map((event) => JSON.stringify(event)));
  return now.fencing
    .filter((event) => !known.has(JSON.stringify(event)))
    .map(({ target, action, state }) => `fencing of ${target}: ${action} ${state}`);
}
