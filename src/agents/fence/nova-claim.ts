/**
 * Who may fence when two nodes want each other, on Nova: the same Dekker's algorithm as fencing-claim.ts, with a key
 * of the claimant's own server for each claim. So no write can undo another's, and the target need not be in a state
 * in which Nova changes metadata. Whose own server is in none (ERROR, a snapshot under way) claims nothing, but looks.
 *
 * Guests' clocks differ and Nova does not say when a key was written, so no time stands in a claim: one that has been
 * seen unchanged for a while, by one's own monotonic clock, is void. A live claimant writes a new one at each attempt.
 * That Nova is switching oneself off, or has, counts as a claim too: it covers the time that the stop itself takes.
 */
import { randomUUID } from 'node:crypto';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { Nova } from '../openstack/nova.ts';
import type { NovaServer } from '../openstack/nova-server.ts';

/** Longer than a claimant needs from its claim to Nova's taking up the stop, with calls that are slow. */
const VOID_AFTER_MS = 20_000;

export const claimKey = (target: string): string => `quorate_fencing_${target}`;

/** One process' knowledge of who claims it; lives as long as its attempts. */
export type NovaClaims = {
  /**
   * Does `work`, which stops `target`, under a claim on it.
   * @throws Refusal CONFLICT (retry later) while another node claims this one; what `work` throws
   */
  readonly under: <T>(self: NovaServer, target: NovaServer, work: () => Promise<T>) => Promise<T>;
};

export function novaClaims(nova: Nova, now: () => number = () => performance.now()): NovaClaims {
  const watches = new Map<string, (value: string | undefined) => number>();
  const watchOf = (target: NovaServer) => {
    const watch = watches.get(target.id) ?? watchForChange(now);
    watches.set(target.id, watch);
    return watch;
  };

  const isClaimed = async (self: NovaServer, target: NovaServer): Promise<boolean> => {
    const [own, other] = await Promise.all([nova.read(self.id), nova.read(target.id)]);
    const claim = other?.metadata[claimKey(self.name)];
    const stopping = own?.task === 'powering-off' || own?.status === 'SHUTOFF' ? 'being switched off' : undefined;
    return watchOf(target)(claim ?? stopping) < VOID_AFTER_MS;
  };

  return {
    under: async (self, target, work) => {
      const yields = self.name > target.name;
      const refused = () => new Refusal('CONFLICT', `another node is fencing ${self.name} itself`, { retry: 'later' });
      // Who has to take its claim back does not make one in vain, again and again, while the other one waits for that.
      if (yields && (await isClaimed(self, target))) throw refused();
      await nova.setMetadata(self.id, { [claimKey(target.name)]: randomUUID() }).catch(ignore('CONFLICT'));
      if (await isClaimed(self, target)) {
        if (yields) await withdraw(nova, self, target);
        throw refused();
      }
      try {
        return await work();
      } finally {
        await withdraw(nova, self, target);
      }
    },
  };
}

/** Since when the value is what it is, in milliseconds; Infinity when there is none. */
function watchForChange(now: () => number): (value: string | undefined) => number {
  let seen: { readonly value: string; readonly since: number } | undefined;
  return (value) => {
    if (value === undefined) seen = undefined;
    else if (seen?.value !== value) seen = { value, since: now() };
    return seen === undefined ? Infinity : now() - seen.since;
  };
}

/** The claimant's own; one that stays is void after a while. */
async function withdraw(nova: Nova, self: NovaServer, target: NovaServer): Promise<void> {
  await nova.dropMetadata(self.id, claimKey(target.name)).catch((error: unknown) => {
    if (asRefusal(error) === undefined) throw error;
  });
}

const ignore =
  (code: Refusal['code']) =>
  (error: unknown): void => {
    if (asRefusal(error)?.code !== code) throw error;
  };
