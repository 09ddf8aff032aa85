/** What scenarios ask of a deployment, each in one place: by Quorate's words, by the node's own, by the host's. */
import type { NodeView, StatusView, VipView, VolumeView } from '../../../src/commands/status-view.ts';
import { eventually } from './eventually.ts';
import { initPid, instancesOf } from './incus.ts';
import { execDone, status } from './quorate.ts';

export function vipOf(seen: StatusView, name: string): VipView {
  const vip = seen.vips.find((each) => each.name === name);
  if (vip === undefined) throw new Error(`${seen.name} has no VIP ${name}`);
  return vip;
}

export function volumeOf(seen: StatusView, name: string): VolumeView {
  const volume = seen.volumes.find((each) => each.name === name);
  if (volume === undefined) throw new Error(`${seen.name} has no volume ${name}`);
  return volume;
}

export function nodeOf(seen: StatusView, name: string): NodeView {
  const node = seen.nodes.find((each) => each.name === name);
  if (node === undefined) throw new Error(`${seen.name} has no node ${name}`);
  return node;
}

export function outsideOf(seen: StatusView, vip: string): string {
  const { outside } = vipOf(seen, vip);
  if (outside === null) throw new Error(`VIP ${vip} of ${seen.name} has no address outside`);
  return outside;
}

/** The node that has the VIP; throws when nobody has. */
export function holderOf(seen: StatusView, vip: string): string {
  const { heldBy } = vipOf(seen, vip);
  if (heldBy === null) throw new Error(`nobody holds VIP ${vip} of ${seen.name}`);
  return heldBy;
}

/** Where a service runs; sorted. */
export const serviceNodes = (seen: StatusView, service: string): readonly string[] =>
  (seen.services.find((each) => each.name === service)?.nodes ?? []).toSorted();

export const namesOf = (seen: StatusView): readonly string[] => seen.nodes.map(({ name }) => name);

/** Names of nodes that were fenced with success, each once. */
export const fencedIn = (seen: StatusView): readonly string[] => [
  ...new Set(seen.fencing.filter(({ state }) => state === 'success').map(({ target }) => target)),
];

/**
 * The fenced nodes, once whoever is asked knows: a member that has just come back learns of its own fencing
 * from the others only seconds after it joined.
 */
export const eventuallyFenced = async (name: string): Promise<readonly string[]> =>
  eventually(
    `fencing is known in ${name}`,
    60_000,
    async () => fencedIn(await status(name)),
    ({ length }) => length > 0,
  );

export const eventuallyReady = (name: string, withinMs: number): Promise<StatusView> =>
  eventually(
    `${name} is ready`,
    withinMs,
    () => status(name),
    ({ state }) => state === 'ready',
  );

/** Grows with every change of the configuration, and with no other. */
export async function cibEpoch(name: string, node: string): Promise<number> {
  const cib = await execDone(name, node, ['cibadmin', '--query']);
  const epoch = / epoch="(\d+)"/.exec(cib)?.[1];
  if (epoch === undefined) throw new Error(`no CIB on ${node}: ${cib}`);
  return Number(epoch);
}

/**
 * How often the configuration has changed since the node came up. Not the epoch: a patch raises it, and Pacemaker
 * once more. From Pacemaker's own log of the updates it made: a new configuration begins with update 0.
 */
export async function configurationChanges(name: string, node: string): Promise<number> {
  const log = await execDone(name, node, ['grep', 'Diff: +++ ', '/var/log/pacemaker/pacemaker.log']);
  return [...log.matchAll(/Diff: \+\+\+ \d+\.\d+\.0 /g)].length;
}

/** What changes when an instance is made anew or started again. */
export async function machines(name: string): Promise<Readonly<Record<string, string>>> {
  const instances = await instancesOf(name);
  const facts = instances.map(async (instance) => {
    const pid = await initPid(name, instance.name);
    return [instance.name, `${instance.status}, created ${instance.created_at}, init ${pid ?? 'none'}`] as const;
  });
  return Object.fromEntries(await Promise.all(facts));
}

/** What changes when systemd starts a unit anew. */
export const invocation = (name: string, node: string, unit: string): Promise<string> =>
  execDone(name, node, ['systemctl', 'show', unit, '-p', 'MainPID', '-p', 'InvocationID', '-p', 'ActiveState']);
