import { INSTANCE_STATUS } from '../incus/project-call.ts';

/** One instance that has the volume's device, as Incus lists it. */
export type VolumeHolder = {
  readonly instance: string;
  /** Incus' name of the device. */
  readonly device: string;
  readonly status: { readonly code: number; readonly name: string };
  /** When this agent attached it, undefined when something else did; milliseconds since the epoch. */
  readonly attachedAt: number | undefined;
  readonly startedAt: number;
};

/** The device's key for the time of attaching; Incus keeps `user.*` keys and gives them no meaning. */
export const ATTACHED_AT_KEY = 'user.quorate.attached-at';

export type Device = Readonly<Record<string, string>>;

/** What of Incus' instance (doc/rest-api.yaml, "Instance") is read here. */
export type IncusInstance = {
  readonly name: string;
  readonly status: string;
  readonly status_code: number;
  readonly last_used_at: string;
  readonly devices: Readonly<Record<string, Device>>;
  readonly expanded_devices: Readonly<Record<string, Device>>;
};

/** The volume's device among an instance's own, whatever it is called; undefined when there is none. */
export function holderOf(instance: IncusInstance, pool: string, volume: string): VolumeHolder | undefined {
  const entry = Object.entries(instance.devices).find(
    ([, device]) => device['type'] === 'disk' && device['pool'] === pool && device['source'] === volume,
  );
  if (entry === undefined) return undefined;
  const [name, device] = entry;
  const attachedAt = Date.parse(device[ATTACHED_AT_KEY] ?? '');
  return {
    instance: instance.name,
    device: name,
    status: { code: instance.status_code, name: instance.status },
    attachedAt: Number.isNaN(attachedAt) ? undefined : attachedAt,
    startedAt: Date.parse(instance.last_used_at),
  };
}

/**
 * Why the volume must not be taken from this holder, undefined when it may. Pacemaker starts us only after the
 * holder has stopped the resource (then it holds nothing) or was fenced: it is off, or it has been started since
 * and holds the device only because Incus attaches at a start what the configuration says. One that runs on since
 * the volume was attached may still write. Incus itself refuses nothing: it detaches lazily, under open files.
 */
export function reasonToLeave(holder: VolumeHolder): string | undefined {
  if (holder.status.code === INSTANCE_STATUS.stopped) return undefined;
  if (holder.attachedAt !== undefined && holder.startedAt > holder.attachedAt) return undefined;
  const since = holder.attachedAt === undefined ? 'not by this agent' : 'and was not restarted since';
  return `${holder.instance} is ${holder.status.name} and has the volume attached, ${since}`;
}
