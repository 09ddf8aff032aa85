/**
 * One server as Nova shows it to its own project -> what that means for fencing: whether it runs, and what brings it
 * nearer to "off". Pure. What Nova refuses in which state stands in nova/compute/api.py (`check_instance_state`).
 */
import type { Power } from '../fence/fence-target.ts';

export type NovaServer = {
  readonly id: string;
  /** Empty where Nova does not know (a cell that does not answer). */
  readonly name: string;
  /** ACTIVE, SHUTOFF, ERROR, … */
  readonly status: string;
  /** What Nova is doing with it right now: `powering-off`; undefined: nothing. */
  readonly task: string | undefined;
  /** As the hypervisor said last; -1 when the answer has none. */
  readonly powerState: number;
  /** A digest of the compute host; empty while the server is on none. */
  readonly hostId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly volumeIds: readonly string[];
};

export function serverOf(answer: unknown): NovaServer {
  const server = answer as Readonly<Record<string, unknown>>;
  const text = (key: string): string => (typeof server[key] === 'string' ? server[key] : '');
  const volumes = server['os-extended-volumes:volumes_attached'] as readonly { readonly id: string }[] | undefined;
  const power = server['OS-EXT-STS:power_state'];
  return {
    id: text('id'),
    name: text('name'),
    status: text('status'),
    task: text('OS-EXT-STS:task_state') || undefined,
    powerState: typeof power === 'number' ? power : -1,
    hostId: text('hostId'),
    metadata: (server['metadata'] ?? {}) as Readonly<Record<string, string>>,
    volumeIds: (volumes ?? []).map(({ id }) => id),
  };
}

/** What Nova itself takes for off (nova/compute/manager.py, `stop_instance`): NOSTATE, SHUTDOWN, CRASHED. */
const POWERED_OFF: ReadonlySet<number> = new Set([0, 4, 6]);
/** Their host has given them up, or they never had one that runs them. */
const WITHOUT_GUEST: ReadonlySet<string> = new Set(['SHELVED_OFFLOADED', 'SOFT_DELETED', 'DELETED']);

/**
 * Nova sets SHUTOFF only after the hypervisor has destroyed the guest, and says what that answered afterwards. An
 * ACTIVE server that the hypervisor last saw off does not count: Nova has not dealt with that yet.
 */
export function isOff({ status, task, powerState, hostId }: NovaServer): boolean {
  if (task !== undefined) return false;
  if (WITHOUT_GUEST.has(status)) return true;
  // "No valid host", or a build that was cleaned up: Nova takes the host away only after the guest is gone. Pacemaker
  // fences members it has never seen, so a cluster with a node that could not be built would wait for ever else.
  if (status === 'ERROR') return hostId === '';
  return (status === 'SHUTOFF' || status === 'SHELVED') && POWERED_OFF.has(powerState);
}

export function powerOf(server: NovaServer): Power {
  if (isOff(server)) return 'off';
  return server.status === 'ERROR' || server.status === 'UNKNOWN' || server.powerState === -1 ? 'unknown' : 'on';
}

export type StepToOff = 'done' | 'wait' | 'os-stop' | 'reboot' | 'beyond-us';

/** Tasks that Nova lets a hard reboot break into (nova/compute/task_states.py, ALLOW_REBOOT). */
const BREAKABLE: ReadonlySet<string> = new Set([
  'rebooting',
  'reboot_pending',
  'reboot_started',
  'pausing',
  'unpausing',
  'suspending',
  'resuming',
]);

/** A soft reboot or a suspension that takes longer hangs in the guest: Nova waits two minutes for it. */
const PATIENCE_MS = 5_000;

/**
 * What to ask for next. Nova stops a server only from ACTIVE and ERROR (409 else), so one that is paused or suspended
 * is rebooted first, hard: that throws the old system away, where `unpause` and `resume` would let it write again;
 * `os-resetState` is for administrators. The new system is stopped as soon as Nova calls it ACTIVE.
 * @param sameForMs how long it has been seen in this status with this task
 */
export function stepToOff(server: NovaServer, sameForMs: number): StepToOff {
  const { status, task } = server;
  if (isOff(server)) return 'done';
  if (task !== undefined) return BREAKABLE.has(task) && sameForMs >= PATIENCE_MS ? 'reboot' : 'wait';
  switch (status) {
    case 'ACTIVE':
    case 'ERROR':
      return 'os-stop';
    case 'PAUSED':
    case 'SUSPENDED':
    // Started again behind Nova's back: it stops none that it takes for stopped.
    case 'SHUTOFF':
      return 'reboot';
    case 'BUILD':
    case 'UNKNOWN':
      return 'wait';
    // RESCUE, VERIFY_RESIZE and the like: a person is at work on it, and only that person can end it.
    default:
      return 'beyond-us';
  }
}

/** `ACTIVE, powering-off` */
export const stateOf = ({ status, task }: NovaServer): string => (task === undefined ? status : `${status}, ${task}`);

/** On a server: it has been off since it last used that volume. Only the fence agent writes it. */
export const fencedKey = (volumeId: string): string => `quorate_fenced_${volumeId}`;

export const fencedMarks = ({ volumeIds }: NovaServer): Readonly<Record<string, string>> =>
  Object.fromEntries(volumeIds.map((id) => [fencedKey(id), 'yes']));

/**
 * Why the volume must not be taken from this server, which has it; undefined when it may. Pacemaker starts us only
 * after the holder has stopped the resource (then it holds nothing) or was fenced: it is off, or it was started again
 * with the fence agent's mark, which goes before a node uses the volume. Whoever runs without the mark may write.
 */
export function reasonToKeep(server: NovaServer, volumeId: string): string | undefined {
  if (isOff(server) || server.metadata[fencedKey(volumeId)] !== undefined) return undefined;
  return `${server.name} is ${stateOf(server)} and has the volume attached, and was not fenced since`;
}
