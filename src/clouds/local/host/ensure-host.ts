/**
 * Set-up of the machine that carries the local cloud: packages, our own Incus, its pool and external
 * network. Quick and without a child process when all is there; otherwise does what is missing, says what
 * it installs, asks nothing. Never touches a user's own Incus.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Refusal } from '../../../kernel/refusal.ts';
import { type LocalCloudSettings, localCloudSettings } from '../settings.ts';
import { daemonAnswers, startDaemon } from './daemon.ts';
import { furnish } from './furnish.ts';
import { type HostLayout, layoutOf } from './layout.ts';
import { withLock } from './lock.ts';
import { installPackages, missingPackages } from './packages.ts';
import { poolName, requireRoom } from './storage-pool.ts';

export type LocalHost = {
  readonly socketPath: string;
  readonly settings: LocalCloudSettings;
  readonly changed: boolean;
};

/** What set-up chose; written last, so its being there says that set-up came to its end. */
const Choices = z.object({
  external: z.string(),
  // Where set-up is older than the second pool, volumes are in the first, and stay there.
  volumePool: z.string().default(poolName),
});

const lockPatienceMs = 600_000;

/** undefined where set-up has not come to its end yet, or Incus does not answer. */
export async function findHost(stateDirectory: string): Promise<LocalHost | undefined> {
  const layout = layoutOf(stateDirectory);
  const choices = await readChoices(layout);
  if (choices === undefined || !(await daemonAnswers(layout))) return undefined;
  return {
    socketPath: layout.socketPath,
    settings: localCloudSettings(choices.external, choices.volumePool),
    changed: false,
  };
}

/** @throws Refusal TOOL_MISSING, CLOUD_UNREACHABLE, DISK_FULL, CONFLICT, BUSY */
export async function ensureHost(stateDirectory: string, report: (activity: string) => void): Promise<LocalHost> {
  const found = await findHost(stateDirectory);
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0)
    throw new Refusal('TOOL_MISSING', 'the local cloud runs containers and bridges, which only root may', {
      retry: 'never',
      next: 'Run the same command as root.',
    });
  const layout = layoutOf(stateDirectory);
  await mkdir(stateDirectory, { recursive: true, mode: 0o711 });
  // Whoever made it may have kept it to root; a node's own root is nobody here and has to get through to its disk.
  await chmod(stateDirectory, (await stat(stateDirectory)).mode | 0o111);
  await withLock(stateDirectory, lockPatienceMs, () => setUp(layout, report));
  const ready = await findHost(stateDirectory);
  if (ready !== undefined) return { ...ready, changed: true };
  throw new Refusal('CLOUD_UNREACHABLE', 'Incus stopped answering right after its set-up', {
    retry: 'later',
    next: `See ${layout.logFile}, then run the same command again.`,
  });
}

async function setUp(layout: HostLayout, report: (activity: string) => void): Promise<void> {
  // Asked before anything is installed or started, where there is no pool yet.
  if (!existsSync(join(layout.incusDirectory, 'database'))) await requireRoom(layout);
  await installPackages(missingPackages(), report);
  if (!(await daemonAnswers(layout))) {
    report('starting Incus');
    await startDaemon(layout);
  }
  const choices = await furnish(layout, report);
  await writeFile(choicesFile(layout), `${JSON.stringify(choices)}\n`, { mode: 0o600 });
}

const choicesFile = (layout: HostLayout): string => join(layout.stateDirectory, 'local.json');

async function readChoices(layout: HostLayout): Promise<z.output<typeof Choices> | undefined> {
  const text = await readFile(choicesFile(layout), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Choices.parse(JSON.parse(text));
  } catch {
    // Cut off while it was written: set-up has not come to its end.
    return undefined;
  }
}
