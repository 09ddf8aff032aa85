import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { IncusAccess } from '../cloud-access.ts';
import { type Deadline, deadlineIn, retryUntil } from '../deadline.ts';
import { INSTANCE_STATUS, instancePath, type ProjectCall, projectCall } from '../incus/project-call.ts';
import type { FenceTarget, Plug, Power } from './fence-target.ts';
import { ownName, underClaim } from './fencing-claim.ts';

/** Fencing by Incus' REST API (doc/rest-api.md): a plug is an instance of the deployment's project. */
export function incusTarget(access: IncusAccess, deadline: Deadline, debug: (line: string) => void): FenceTarget {
  const incus = projectCall(access, deadline);
  const retryBy = <T>(end: Deadline, attempt: () => Promise<T>) =>
    retryUntil(end, attempt, (refusal) => debug(`again: ${refusal.message}`));
  const retry = <T>(attempt: () => Promise<T>) => retryBy(deadline, attempt);
  return {
    power: (plug) => retry(() => readPower(incus, plug)),
    list: () => retry(() => readPlugs(incus)),
    off: (plug) => retry(() => underClaim(incus, ownName(), plug, () => stopAndConfirm(incus, plug, debug))),
    on: (plug) => retry(() => startAndConfirm(incus, plug)),
    requestOn: async (plug) => {
      const soon = deadlineIn(Math.min(deadline.remainingMs(), REQUEST_ON_MS));
      await retryBy(soon, () => projectCall(access, soon).call(...stateChange(plug, 'start')));
    },
  };
}

/** After a confirmed "off" the cluster waits for nothing but our end, so a start is not asked for longer than this. */
const REQUEST_ON_MS = 2_000;

const stateChange = (plug: string, action: 'stop' | 'start' | 'unfreeze') =>
  ['PUT', instancePath(plug, '/state'), { action, force: action === 'stop', timeout: -1 }] as const;

async function startAndConfirm(incus: ProjectCall, plug: string): Promise<void> {
  const before = await readStatus(incus, plug);
  if (before === INSTANCE_STATUS.running) return;
  if (before === undefined) throw new Refusal('NOT_FOUND', `no instance ${plug} to start`, { retry: 'never' });
  await incus.callAndWait(...stateChange(plug, before === INSTANCE_STATUS.frozen ? 'unfreeze' : 'start'));
  if ((await readStatus(incus, plug)) === INSTANCE_STATUS.running) return;
  throw new Refusal('TIMED_OUT', `${plug} does not run yet`, { retry: 'later' });
}

/**
 * Asks to stop whatever the state is (a look first would cost a round trip, and be out of date), then believes
 * only what Incus says afterwards: an operation can fail because the instance had stopped already.
 */
async function stopAndConfirm(
  incus: ProjectCall,
  plug: string,
  debug: (line: string) => void,
): Promise<'off' | 'absent'> {
  let refused: Refusal | undefined;
  try {
    await incus.callAndWait(...stateChange(plug, 'stop'));
  } catch (error) {
    refused = asRefusal(error);
    if (refused === undefined) throw error;
    debug(refused.message);
  }
  const power = await readPower(incus, plug);
  debug(`${plug} is ${power}`);
  if (power === 'off' || power === 'absent') return power;
  throw refused ?? new Refusal('TIMED_OUT', `${plug} is still ${power}`, { retry: 'later' });
}

async function readPower(incus: ProjectCall, plug: string): Promise<Power> {
  const status = await readStatus(incus, plug);
  return status === undefined ? 'absent' : powerOf(status);
}

/** Incus' status code of an instance, undefined when the project verifiably has none of that name. */
async function readStatus(incus: ProjectCall, plug: string): Promise<number | undefined> {
  try {
    const { metadata } = await incus.call('GET', instancePath(plug, '/state'));
    return (metadata as { readonly status_code: number }).status_code;
  } catch (error) {
    if (asRefusal(error)?.code !== 'NOT_FOUND') throw error;
  }
  // "Not found" alone proves nothing: a project that is gone or withheld answers so too. A listing that succeeds
  // without the name does: Incus renames or moves no running instance, so none runs that had this name.
  const plugs = await readPlugs(incus);
  if (!plugs.some(({ name }) => name === plug)) return undefined;
  throw new Refusal('CONFLICT', `${plug} has just appeared`, { retry: 'later' });
}

async function readPlugs(incus: ProjectCall): Promise<readonly Plug[]> {
  const { metadata } = await incus.call('GET', '/instances?recursion=1');
  const instances = metadata as readonly { readonly name: string; readonly status_code: number }[];
  return instances
    .map(({ name, status_code }) => ({ name, power: powerOf(status_code) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Only "stopped" is off; "error" means that Incus itself does not know. */
function powerOf(statusCode: number): Power {
  if (statusCode === INSTANCE_STATUS.stopped) return 'off';
  return statusCode === INSTANCE_STATUS.error ? 'unknown' : 'on';
}
