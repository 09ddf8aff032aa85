/**
 * Incus 6.0 looks at every interface of the host while it makes or deletes a bridge, and fails when one of
 * them goes away meanwhile, whosever it is ("Failed to delete bridge children interfaces"). The next try
 * meets other interfaces, so a few are enough; and bridges are deleted one after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asRefusal } from '../../kernel/refusal.ts';

const ATTEMPTS = 8;
const PAUSE_MS = 150;

/** Tries `work` again when Incus fails by itself; what it refuses for good is thrown at once. */
export async function despiteMovingInterfaces(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const refusal = asRefusal(error);
      if (attempt === ATTEMPTS || refusal?.code !== 'CLOUD_REFUSED' || refusal.retry === 'never') throw error;
      await sleep(PAUSE_MS * attempt);
    }
  }
}
