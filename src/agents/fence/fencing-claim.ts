/**
 * Who may fence when two nodes want each other: without a claim both stop the other in the moment they are stopped
 * themselves, and nobody is left to start them again (seen on a busy host, with delays one second apart). Dekker's
 * algorithm, with one object in the cloud for each claim, so that no write can undo another: claim the target, then
 * look whether one is claimed oneself. If so, the node that sorts later takes its claim back; the other one keeps
 * it and waits. Whoever claims before the other looks is never in doubt, so delays decide as they should.
 * Claims are profiles that no instance uses: the one thing a node's certificate may make and drop at no cost.
 */
import { hostname } from 'node:os';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { ProjectCall } from '../incus/project-call.ts';

/** Longer than stopping a node takes on a busy host; a claimant that died makes others wait no longer. */
const CLAIM_LASTS_MS = 20_000;

const MADE_AT = 'user.quorate.at';

/** Node name, host name and instance name are one. */
export const ownName = (): string => hostname().split('.')[0] ?? '';

/**
 * Does `work`, which stops `target`, under a claim on it.
 * @throws Refusal CONFLICT (retry later) while another node claims this one; what `work` throws
 */
export async function underClaim<T>(
  incus: ProjectCall,
  self: string,
  target: string,
  work: () => Promise<T>,
): Promise<T> {
  const yields = self > target;
  const refused = () => new Refusal('CONFLICT', `another node is fencing ${self} itself`, { retry: 'later' });
  // Who has to take its claim back does not make one in vain, again and again, while the other one waits for that.
  if (yields && (await isClaimed(incus, self))) throw refused();
  await claim(incus, target);
  if (self !== target && (await isClaimed(incus, self))) {
    if (yields) await withdraw(incus, target);
    throw refused();
  }
  const result = await work();
  await withdraw(incus, target);
  return result;
}

async function claim(incus: ProjectCall, target: string): Promise<void> {
  const config = { [MADE_AT]: String(Date.now()) };
  try {
    await incus.call('POST', '/profiles', { name: claimOn(target), config });
  } catch (error) {
    // There is one, mine or another's or an old one: from now on it is as good as new.
    if (!isRefused(error, 'CONFLICT') && !isRefused(error, 'CLOUD_REFUSED')) throw error;
    await incus.call('PUT', profilePath(target), { config }).catch((cause: unknown) => {
      if (!isRefused(cause, 'NOT_FOUND')) throw cause;
      throw new Refusal('CONFLICT', `a claim on ${target} has just been taken back`, { retry: 'later', cause });
    });
  }
}

/** By the clock that all nodes of the local cloud share. */
async function isClaimed(incus: ProjectCall, node: string): Promise<boolean> {
  try {
    const { metadata } = await incus.call('GET', profilePath(node));
    const { config } = metadata as { readonly config: Readonly<Record<string, string>> };
    return Date.now() - Number(config[MADE_AT]) < CLAIM_LASTS_MS;
  } catch (error) {
    if (isRefused(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

/** One that stays is void after a while. */
async function withdraw(incus: ProjectCall, target: string): Promise<void> {
  await incus.call('DELETE', profilePath(target)).catch((error: unknown) => {
    if (asRefusal(error) === undefined) throw error;
  });
}

const claimOn = (node: string): string => `fencing-${node}`;

const profilePath = (node: string): string => `/profiles/${encodeURIComponent(claimOn(node))}`;

const isRefused = (error: unknown, code: Refusal['code']): boolean => asRefusal(error)?.code === code;
