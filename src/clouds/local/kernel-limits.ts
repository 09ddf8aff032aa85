/**
 * Kernel limits that a handful of system containers reach: all containers of the host count as one user, and
 * Debian's 128 inotify instances end the tenth systemd ("Failed to create control group inotify object").
 * Source of the numbers: Incus documentation, "Server settings for a production setup".
 */
import { readFile, writeFile } from 'node:fs/promises';

const limits: Readonly<Record<string, number>> = {
  '/proc/sys/fs/inotify/max_queued_events': 1_048_576,
  '/proc/sys/fs/inotify/max_user_instances': 1_048_576,
  '/proc/sys/fs/inotify/max_user_watches': 1_048_576,
  '/proc/sys/kernel/keys/maxkeys': 2000,
  '/proc/sys/kernel/keys/maxbytes': 2_000_000,
};

/** Raises what is lower, lowers nothing; looked at each time nodes are made, because a reboot resets it. */
export async function raiseKernelLimits(): Promise<void> {
  for (const [path, wanted] of Object.entries(limits)) {
    const present = Number(await readFile(path, 'utf8').catch(() => 'NaN'));
    // A kernel without the file has no such limit; one that may not be written shows in the nodes' own start.
    if (present < wanted) await writeFile(path, String(wanted)).catch(() => undefined);
  }
}
