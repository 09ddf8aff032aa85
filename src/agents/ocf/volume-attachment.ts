import { hostname } from 'node:os';
import { invariant } from '../../kernel/invariant.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { IncusAccess } from '../cloud-access.ts';
import { type Deadline, retryUntil } from '../deadline.ts';
import { instancePath, type ProjectCall, projectCall } from '../incus/project-call.ts';
import { sayOnce } from './run-agent.ts';
import { ATTACHED_AT_KEY, holderOf, type IncusInstance, reasonToLeave, type VolumeHolder } from './volume-holder.ts';

export type VolumeAttachment = {
  /** Takes the volume from whoever holds it rightlessly and attaches it here at `path`. */
  readonly attach: (path: string) => Promise<void>;
  /** Success when it is not attached here. */
  readonly detach: () => Promise<void>;
};

/** A custom volume as a device of this node's instance, by Incus' REST API. The instance is named as the host. */
export function volumeAttachment(
  access: IncusAccess,
  volume: string,
  deadline: Deadline,
  log: (line: string) => void,
): VolumeAttachment {
  const incus = projectCall(access, deadline);
  const self = hostname().split('.')[0];
  invariant(self, 'a node has a host name');
  const say = sayOnce(log);
  const retry = <T>(attempt: () => Promise<T>) =>
    retryUntil(deadline, attempt, (refusal) => say(`again: ${refusal.message}`));
  return {
    attach: (path) =>
      retry(async () => {
        const { pool, holders } = await readHolders(incus, access, volume, self);
        const reasons = holders
          .filter(({ instance }) => instance !== self)
          .flatMap((holder) => reasonToLeave(holder) ?? []);
        // Later, not never: a node that is being fenced right now still runs for a moment.
        if (reasons.length > 0) throw new Refusal('CONFLICT', reasons.join('; '), { retry: 'later' });
        for (const holder of holders) {
          if (holder.instance !== self) log(`taking ${volume} from ${holder.instance} (${holder.status.name})`);
          await removeDevice(incus, holder);
        }
        const device = { type: 'disk', pool, source: volume, path, [ATTACHED_AT_KEY]: new Date().toISOString() };
        await incus.callAndWait('PATCH', instancePath(self), { devices: { [`volume-${volume}`]: device } });
      }),
    detach: () =>
      retry(async () => {
        const { holders } = await readHolders(incus, access, volume, self);
        for (const holder of holders) if (holder.instance === self) await removeDevice(incus, holder);
      }),
  };
}

/** One listing, so that who holds what is of one moment. */
async function readHolders(incus: ProjectCall, { volumePool }: IncusAccess, volume: string, self: string) {
  const { metadata } = await incus.call('GET', '/instances?recursion=1');
  const instances = metadata as readonly IncusInstance[];
  const own = instances.find(({ name }) => name === self);
  const root = Object.values(own?.expanded_devices ?? {}).find((device) => device['path'] === '/');
  const pool = volumePool ?? root?.['pool'];
  if (pool === undefined)
    throw new Refusal('NOT_FOUND', `no instance ${self} with a root disk, and no pool of volumes is named`, {
      retry: 'never',
    });
  return { pool, holders: instances.flatMap((instance) => holderOf(instance, pool, volume) ?? []) };
}

/**
 * Incus removes a device only by replacing the whole instance; If-Match makes a change in between a CONFLICT, which
 * is read and tried again.
 */
async function removeDevice(incus: ProjectCall, { instance, device }: VolumeHolder): Promise<void> {
  const { metadata, etag } = await incus.call('GET', instancePath(instance));
  const { architecture, config, devices, ephemeral, profiles, stateful, description } = metadata as Readonly<
    Record<string, unknown>
  >;
  const left = Object.fromEntries(Object.entries(devices as object).filter(([name]) => name !== device));
  const body = { architecture, config, devices: left, ephemeral, profiles, stateful, description };
  await incus.callAndWait('PUT', instancePath(instance), body, etag);
}
