import { setTimeout as sleep } from 'node:timers/promises';
import { DEPLOYMENT_KEY, volumeKey } from '../../clouds/openstack/node-rules.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { type Deadline, retryUntil } from '../deadline.ts';
import type { Nova } from '../openstack/nova.ts';
import { fencedKey, type NovaServer, reasonToKeep, stateOf } from '../openstack/nova-server.ts';
import { sayOnce } from './run-agent.ts';

export type CinderAttachment = {
  /** Takes the volume from whoever holds it rightlessly and has it attached here. Returns its id. */
  readonly attach: () => Promise<string>;
  /** The id of a volume that is attached here by others. @throws Refusal NOT_FOUND (later) while it is not */
  readonly attached: () => Promise<string>;
  /** Success when it is not attached here; otherwise it is gone from here when this resolves. */
  readonly detach: () => Promise<void>;
};

/** Nova takes seconds to attach or detach; asking more often only loads it. */
const PAUSE_MS = 500;

type Place = {
  readonly nova: Nova;
  /** This node's server, by its name among the deployment's. */
  readonly server: string;
  readonly deployment: string;
  readonly volume: string;
};

/** A Cinder volume at this node's server, by Nova's API alone: the node's credential opens no other. */
export function cinderAttachment(place: Place, deadline: Deadline, log: (line: string) => void): CinderAttachment {
  const { nova, volume } = place;
  const say = sayOnce(log);
  const retry = <T>(attempt: () => Promise<T>) =>
    retryUntil(deadline, attempt, (refusal) => say(`again: ${refusal.message}`));
  return {
    attach: () =>
      retry(async () => {
        const { own, volumeId, others } = await look(place);
        const id = idOf(place, volumeId);
        const reasons = others.flatMap((holder) => reasonToKeep(holder, id) ?? []);
        // Later, not never: a node that is being fenced right now still runs for a moment.
        if (reasons.length > 0) throw new Refusal('CONFLICT', reasons.join('; '), { retry: 'later' });
        // Before it is used: from now on this node must not lose the volume to another one.
        if (own.metadata[fencedKey(id)] !== undefined) await nova.dropMetadata(own.id, fencedKey(id));
        for (const holder of others) {
          log(`taking ${volume} from ${holder.name} (${stateOf(holder)})`);
          await detachFrom(nova, holder, id, deadline);
        }
        if (!own.volumeIds.includes(id)) await nova.attach(own.id, id);
        return id;
      }),
    attached: () =>
      retry(async () => {
        const { own, volumeId } = await look(place);
        const id = idOf(place, volumeId);
        if (own.volumeIds.includes(id)) return id;
        throw new Refusal('NOT_FOUND', `${volume} is not attached to ${own.name}`, { retry: 'later' });
      }),
    detach: () =>
      retry(async () => {
        const { own, volumeId } = await look(place);
        if (volumeId !== undefined && own.volumeIds.includes(volumeId)) await detachFrom(nova, own, volumeId, deadline);
      }),
  };
}

/** One listing of the whole project, so that who holds what is of one moment, whoever attached it. */
async function look({ nova, server, deployment, volume }: Place) {
  const servers = await nova.list();
  const own = servers.find(({ name, metadata }) => name === server && metadata[DEPLOYMENT_KEY] === deployment);
  if (own === undefined)
    throw new Refusal('NOT_FOUND', `no server ${server} of deployment ${deployment}`, { retry: 'never' });
  const volumeId = own.metadata[volumeKey(volume)];
  const others = servers.filter(({ id, volumeIds }) => id !== own.id && volumeIds.includes(volumeId ?? ''));
  return { own, volumeId, others };
}

function idOf({ server, volume }: Place, volumeId: string | undefined): string {
  if (volumeId !== undefined) return volumeId;
  throw new Refusal('NOT_FOUND', `the metadata of ${server} has no ${volumeKey(volume)}`, { retry: 'never' });
}

async function detachFrom(nova: Nova, { id, name }: NovaServer, volumeId: string, deadline: Deadline): Promise<void> {
  await nova.detach(id, volumeId);
  while ((await nova.read(id))?.volumeIds.includes(volumeId) === true) {
    if (deadline.remainingMs() <= PAUSE_MS)
      throw new Refusal('TIMED_OUT', `the volume is still being detached from ${name}`, { retry: 'later' });
    await sleep(PAUSE_MS);
  }
}
