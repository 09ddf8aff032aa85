/** Instances of a deployment's project as Incus has them: looked up, started, stopped, deleted; each to the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { InstanceRecord } from './incus/records.ts';
import { readIncusText } from './incus/transport.ts';
import { runningOperations } from './tenant.ts';

export const RUNNING = 103;
export const STOPPED = 102;

const ATTEMPTS = 4;
/** Thrice as long each time: 4 s in all. */
const START_PAUSE_MS = 300;

export const instancePath = (name: string): string => apiPath(['instances', name]);

export const findInstance = (client: IncusClient, project: string, name: string): Promise<InstanceRecord | undefined> =>
  client.find(instancePath(name), InstanceRecord, { project });

/**
 * One that runs is fine. Tries again: of one that was killed a moment ago Incus may still take the last run's
 * network and cgroups away, and its start then fails for now.
 * @throws Refusal CLOUD_REFUSED with the end of the instance's own start log
 */
export async function startInstance(client: IncusClient, project: string, name: string): Promise<void> {
  const body = { action: 'start', timeout: -1 };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.change('PUT', `${instancePath(name)}/state`, { query: { project }, body });
    } catch (error) {
      await settleInstance(client, project, name);
      if ((await findInstance(client, project, name))?.status_code === RUNNING) return;
      if (attempt === ATTEMPTS || asRefusal(error)?.retry !== 'later')
        throw await withStartLog(client, project, name, error);
      await sleep(START_PAUSE_MS * 3 ** (attempt - 1));
    }
  }
}

async function withStartLog(client: IncusClient, project: string, name: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Refusal) || error.code !== 'CLOUD_REFUSED') return error;
  const path = apiPath(['instances', name, 'logs', 'lxc.log'], { project });
  const log = await readIncusText(client.endpoint, path).catch(() => '');
  const lines = log.split('\n').filter((line) => / ERROR /.test(line));
  if (lines.length === 0) return error;
  return new Refusal('CLOUD_REFUSED', `${error.message}; its log says: ${lines.slice(-3).join(' / ')}`, {
    retry: error.retry,
    data: error.data,
    cause: error,
  });
}

/** Waits for whatever Incus still does with the instance, however it ends. */
export async function settleInstance(client: IncusClient, project: string, name: string): Promise<void> {
  const operations = await runningOperations(client, project);
  const own = operations.filter(({ resources }) =>
    Object.values(resources)
      .flat()
      .some((url) => url?.split('?')[0]?.endsWith(`/instances/${name}`)),
  );
  for (const { id } of own) await client.waitFor(id, `waiting for ${name}`).catch(() => undefined);
}

/**
 * Kills and deletes; an absent one is fine. Tries again when something (a fence agent of a node that still
 * lives) starts it in between.
 */
export async function deleteInstance(client: IncusClient, project: string, name: string): Promise<void> {
  const query = { project };
  for (let attempt = 1; ; attempt += 1) {
    const found = await findInstance(client, project, name);
    if (found === undefined) return;
    try {
      if (found.status_code !== STOPPED) {
        // A broken one cannot be stopped; deleting it may yet work.
        const body = { action: 'stop', force: true, timeout: -1 };
        await client.change('PUT', `${instancePath(name)}/state`, { query, body }).catch(() => undefined);
      }
      await client.remove(instancePath(name), query);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Refusal)) throw error;
      await settleInstance(client, project, name);
    }
  }
}
