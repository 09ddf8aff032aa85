/**
 * Fencing by Nova's API. A plug is a node's name; its servers are those of that name and of the deployment, in the
 * credential's own project. Usually that is one. While a node is replaced there may be two for a moment: it is off
 * when both are.
 *
 * How long "off" takes: Nova asks the guest to shut down and waits `os_shutdown_timeout` (a property of the image;
 * 60 s without it) before it destroys it, so images for nodes carry a short one. What was measured stands in
 * docs/openstack.md.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEPLOYMENT_KEY } from '../../clouds/openstack/node-rules.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { OpenStackAccess } from '../cloud-access.ts';
import { type Deadline, deadlineIn, retryUntil } from '../deadline.ts';
import { type Nova, novaCalls, type ServerAction } from '../openstack/nova.ts';
import { fencedMarks, isOff, type NovaServer, powerOf, stateOf, stepToOff } from '../openstack/nova-server.ts';
import type { FenceTarget, Power } from './fence-target.ts';
import { claimKey, type NovaClaims, novaClaims } from './nova-claim.ts';

/** Nova takes a second for a stop; asking more often only loads it. */
const PAUSE_MS = 500;
/** After a confirmed "off" the cluster waits for nothing but our end; this is two calls, and a pause for one retry. */
const REQUEST_ON_MS = 10_000;

type Confined = { readonly nova: Nova; readonly deadline: Deadline; readonly debug: (line: string) => void };

/** @param self this node's name, to which others' claims are made; a machine that is no node needs none */
export function novaTarget(
  access: OpenStackAccess,
  deadline: Deadline,
  debug: (line: string) => void,
  self = hostname().split('.')[0] ?? '',
): FenceTarget {
  const { deployment } = access;
  const confined: Confined = { nova: novaCalls(access, deadline), deadline, debug };
  const { nova } = confined;
  const claims = novaClaims(nova);
  const retry = <T>(attempt: () => Promise<T>, end = deadline) =>
    retryUntil(end, attempt, (refusal) => debug(`again: ${refusal.message}`));
  return {
    power: (plug) => retry(async () => powerOfAll(await serversOf(nova, deployment, plug))),
    list: () =>
      retry(async () => {
        const ours = await serversOf(nova, deployment);
        const names = [...new Set(ours.map(({ name }) => name))].toSorted();
        return names.map((name) => ({ name, power: powerOfAll(ours.filter((server) => server.name === name)) }));
      }),
    off: (plug) =>
      retry(async () => {
        const ours = await serversOf(nova, deployment);
        const own = ours.find(({ name }) => name === self && self !== plug);
        const targets = ours.filter(({ name }) => name === plug);
        const ends = await Promise.all(targets.map((target) => stopUnderClaim(confined, claims, own, target)));
        return ends.includes('off') ? 'off' : 'absent';
      }),
    on: (plug) => retry(() => startAndConfirm(confined, deployment, plug)),
    requestOn: async (plug) => {
      const soon = deadlineIn(Math.min(deadline.remainingMs(), REQUEST_ON_MS));
      const hurried = novaCalls(access, soon);
      await retry(async () => {
        for (const server of await serversOf(hurried, deployment, plug)) await startFenced(hurried, server);
      }, soon);
    },
  };
}

/** All of the deployment's, or those of one name. */
async function serversOf(nova: Nova, deployment: string, plug?: string): Promise<readonly NovaServer[]> {
  const servers = await nova.list();
  return servers.filter(
    ({ name, metadata }) => metadata[DEPLOYMENT_KEY] === deployment && (plug === undefined || name === plug),
  );
}

function powerOfAll(servers: readonly NovaServer[]): Power {
  const powers = servers.map(powerOf);
  return (['on', 'unknown', 'off'] as const).find((power) => powers.includes(power)) ?? 'absent';
}

async function stopUnderClaim(
  confined: Confined,
  claims: NovaClaims,
  own: NovaServer | undefined,
  target: NovaServer,
): Promise<'off' | 'absent'> {
  const stop = () => stopAndConfirm(confined, target);
  if (own === undefined) return stop();
  const end = await claims.under(own, target, stop);
  // The dead claim nothing: its claim would make the next one who fences this node wait until it is void.
  if (end === 'off' && target.metadata[claimKey(own.name)] !== undefined)
    await confined.nova.dropMetadata(target.id, claimKey(own.name)).catch(ifRefused(confined.debug));
  return end;
}

/**
 * Asks for whatever brings the server nearer to "off" and looks again, until Nova says that it is off. On a compute
 * host that is dead that never happens, and then no claim is made: see docs/adr/0001-watchdog.md.
 * @throws Refusal TIMED_OUT with the last state; NOT_SUPPORTED where only a person can help
 */
async function stopAndConfirm({ nova, deadline, debug }: Confined, target: NovaServer): Promise<'off' | 'absent'> {
  let seen = { state: '', since: 0 };
  for (;;) {
    const server = await nova.read(target.id);
    if (server === undefined) return confirmAbsent(nova, target);
    const state = stateOf(server);
    if (state !== seen.state) {
      seen = { state, since: performance.now() };
      debug(`${server.name} is ${state}`);
    }
    const step = stepToOff(server, performance.now() - seen.since);
    if (step === 'done') return 'off';
    if (step === 'beyond-us')
      throw new Refusal('NOT_SUPPORTED', `${server.name} is ${state}: Nova stops no server in this state`, {
        retry: 'never',
        next: 'End that state (openstack server unrescue, resize confirm), or power the server off by hand.',
      });
    if (step !== 'wait') await nova.act(server.id, step).catch(ifRefused(debug, 'CONFLICT'));
    if (deadline.remainingMs() <= PAUSE_MS)
      throw new Refusal('TIMED_OUT', `${server.name} is still ${state}; its compute host may be down`, {
        retry: 'later',
      });
    await sleep(PAUSE_MS);
  }
}

/** "Not found" alone proves nothing; a listing of all that the project has does. */
async function confirmAbsent(nova: Nova, { id, name }: NovaServer): Promise<'absent'> {
  const servers = await nova.list();
  if (!servers.some((server) => server.id === id)) return 'absent';
  throw new Refusal('CONFLICT', `${name} cannot be read, but is listed`, { retry: 'later' });
}

/**
 * A server gets its volumes back when it starts, though nothing in it uses them. So that another node may take them,
 * it is noted before the start that it was off with them; whoever uses one takes the note away first.
 */
async function startFenced(nova: Nova, server: NovaServer): Promise<void> {
  const marks = fencedMarks(server);
  if (Object.keys(marks).length > 0) await nova.setMetadata(server.id, marks);
  await nova.act(server.id, 'os-start');
}

const START: Readonly<Record<string, ServerAction>> = {
  SHUTOFF: 'os-start',
  PAUSED: 'unpause',
  SUSPENDED: 'resume',
  SHELVED: 'unshelve',
  SHELVED_OFFLOADED: 'unshelve',
};

async function startAndConfirm({ nova, deadline }: Confined, deployment: string, plug: string): Promise<void> {
  const servers = await serversOf(nova, deployment, plug);
  if (servers.length === 0) throw new Refusal('NOT_FOUND', `no server ${plug} to start`, { retry: 'never' });
  for (const server of servers) {
    const action = START[server.status];
    if (server.task === undefined && action === 'os-start' && isOff(server)) await startFenced(nova, server);
    else if (server.task === undefined && action !== undefined) await nova.act(server.id, action);
  }
  for (;;) {
    const left = (await serversOf(nova, deployment, plug)).filter(
      ({ status, task }) => status !== 'ACTIVE' || task !== undefined,
    );
    const [waiting] = left;
    if (waiting === undefined) return;
    if (deadline.remainingMs() <= PAUSE_MS)
      throw new Refusal('TIMED_OUT', `${plug} is still ${stateOf(waiting)}`, { retry: 'later' });
    await sleep(PAUSE_MS);
  }
}

const ifRefused =
  (debug: (line: string) => void, code?: Refusal['code']) =>
  (error: unknown): void => {
    const refusal = asRefusal(error);
    if (refusal === undefined || (code !== undefined && refusal.code !== code)) throw error;
    debug(refusal.message);
  };
