/**
 * The calls to Nova that agents make, confined to one deadline: exactly those that the node's credential allows
 * (clouds/openstack/node-rules.ts).
 * Source: Compute API reference (docs.openstack.org/api-ref/compute); nova/compute/api.py for what is refused when.
 */
import { createOpenStackClient, listAll, type OpenStackCall } from '../../clouds/openstack/client/index.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { OpenStackAccess } from '../cloud-access.ts';
import type { Deadline } from '../deadline.ts';
import { type NovaServer, serverOf } from './nova-server.ts';

/** What a server is told to do; `reboot` is the hard one, which never lets the old system run again. */
export type ServerAction = 'os-stop' | 'os-start' | 'reboot' | 'unpause' | 'resume' | 'unshelve';

export type Nova = {
  /** Every server of the project. @throws Refusal CLOUD_UNREACHABLE when Nova could not see all of them */
  readonly list: () => Promise<readonly NovaServer[]>;
  /** Undefined when Nova has none of this id; that alone does not prove that it is gone: `list` does. */
  readonly read: (id: string) => Promise<NovaServer | undefined>;
  /** Resolves when Nova has taken it up. @throws Refusal CONFLICT when the server's state does not allow it now */
  readonly act: (id: string, action: ServerAction) => Promise<void>;
  /** @throws Refusal CONFLICT in states in which Nova changes no metadata (ERROR, or a task under way) */
  readonly setMetadata: (id: string, metadata: Readonly<Record<string, string>>) => Promise<void>;
  /** Fine when there is no such key. */
  readonly dropMetadata: (id: string, key: string) => Promise<void>;
  readonly attach: (id: string, volumeId: string) => Promise<void>;
  /** Fine when it is not attached. */
  readonly detach: (id: string, volumeId: string) => Promise<void>;
};

/**
 * Train; 2.69 is what matters: since then a listing names the servers of a cell that does not answer, as UNKNOWN.
 * Before, they were left out, and a node that runs on would have looked as if it did not exist.
 */
const MICROVERSION = '2.79';

/** No answer comes later from a Nova that is alive; one that hangs is asked again. */
const LONGEST_CALL_MS = 15_000;

export function novaCalls(access: OpenStackAccess, deadline: Deadline): Nova {
  const client = createOpenStackClient(access.credentials);
  const withinTime = <T>(call: (timeoutMs: number) => Promise<T>) => {
    const timeoutMs = Math.ceil(Math.max(1, Math.min(LONGEST_CALL_MS, deadline.remainingMs())));
    // The client's own limit is for the call alone, and does not cover signing in.
    return Promise.race([call(timeoutMs), timedOut(timeoutMs)]);
  };
  const send = (call: Pick<OpenStackCall, 'method' | 'path' | 'body'>) =>
    withinTime((timeoutMs) => client.call({ ...call, service: 'compute', microversion: MICROVERSION, timeoutMs }));
  const server = (id: string, rest = '') => `/servers/${encodeURIComponent(id)}${rest}`;
  return {
    // Without filters: with any, Nova leaves the servers of a cell that does not answer out again.
    list: async () => {
      const call = { service: 'compute', path: '/servers/detail', microversion: MICROVERSION } as const;
      const all = await withinTime((timeoutMs) => listAll(client, { ...call, timeoutMs }, 'servers'));
      const servers = all.map(serverOf);
      if (!servers.some(({ name, status }) => name === '' && status === 'UNKNOWN')) return servers;
      throw new Refusal('CLOUD_UNREACHABLE', 'a part of Nova (a cell) does not answer, so not all servers are listed', {
        retry: 'later',
      });
    },
    read: async (id) => {
      const answer = await unless('NOT_FOUND', send({ method: 'GET', path: server(id) }));
      return answer === undefined ? undefined : serverOf((answer.body as { readonly server: unknown }).server);
    },
    act: async (id, action) => {
      const body = { [action]: action === 'reboot' ? { type: 'HARD' } : null };
      await send({ method: 'POST', path: server(id, '/action'), body });
    },
    setMetadata: async (id, metadata) => {
      await send({ method: 'POST', path: server(id, '/metadata'), body: { metadata } });
    },
    dropMetadata: async (id, key) => {
      await unless('NOT_FOUND', send({ method: 'DELETE', path: server(id, `/metadata/${encodeURIComponent(key)}`) }));
    },
    attach: async (id, volumeId) => {
      const body = { volumeAttachment: { volumeId } };
      await passing(send({ method: 'POST', path: server(id, '/os-volume_attachments'), body }));
    },
    detach: async (id, volumeId) => {
      const path = server(id, `/os-volume_attachments/${encodeURIComponent(volumeId)}`);
      await passing(unless('NOT_FOUND', send({ method: 'DELETE', path })));
    },
  };
}

async function timedOut(ms: number): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
  throw new Refusal('TIMED_OUT', 'the cloud has not answered in time', { retry: 'later' });
}

async function unless<T>(code: Refusal['code'], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (asRefusal(error)?.code === code) return undefined;
    throw error;
  }
}

/** Of a volume on its way (attaching, detaching) Nova says 400, as of a wrong request; ours are right. */
async function passing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal?.data['status'] !== 400) throw error;
    throw new Refusal('CONFLICT', refusal.message, { retry: 'later', data: refusal.data, cause: refusal });
  }
}
