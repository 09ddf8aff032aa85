/**
 * apt-get without questions: waits for another apt, and tells the cause when it fails.
 * Source: apt-get(8), apt.conf(5), proc_locks(5).
 */
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Refusal } from '../../../kernel/refusal.ts';

const listsLock = '/var/lib/apt/lists/lock';
/** A machine that has just booted for the first time refreshes its package lists itself. */
const patienceMs = 300_000;
const pollMs = 1_000;

/**
 * Returns what apt-get had doubts about: a source that it cannot reach is a warning to it, not a failure.
 * @throws Refusal TOOL_MISSING
 */
export async function aptUpdate(report: (activity: string) => void): Promise<readonly string[]> {
  let told = false;
  for (const deadline = Date.now() + patienceMs; ; ) {
    // DPkg::Lock::Timeout does not cover the package lists.
    while (Date.now() < deadline && (await isLocked(listsLock))) {
      if (!told) report('waiting for another apt-get to finish');
      told = true;
      await sleep(pollMs);
    }
    const { failed, log } = await aptGet(['update']);
    if (!failed) return aptReasons(log);
    if (Date.now() >= deadline || !(await isLocked(listsLock))) throw refused('update', aptReasons(log), log);
  }
}

/** `doubts` of the update before are told too when it fails. @throws Refusal TOOL_MISSING */
export async function aptInstall(names: readonly string[], doubts: readonly string[]): Promise<void> {
  const { failed, log } = await aptGet(['install', '--yes', '--no-install-recommends', ...names]);
  if (failed) throw refused('install', [...doubts, ...aptReasons(log)], log);
}

async function aptGet(argv: readonly string[]): Promise<{ readonly failed: boolean; readonly log: string }> {
  const options = ['--quiet', '-o', 'Dpkg::Use-Pty=0', '-o', `DPkg::Lock::Timeout=${patienceMs / 1000}`];
  const run = await execa('apt-get', [...options, ...argv], {
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  return { failed: run.failed, log: run.all ?? '' };
}

/** What apt and dpkg mark as errors and failed downloads; at most eight. */
export const aptReasons = (log: string): readonly string[] =>
  [...new Set(log.split('\n').filter((line) => /^(E: |W: Failed to fetch |dpkg: error )/.test(line)))].slice(0, 8);

function refused(what: string, reasons: readonly string[], log: string): Refusal {
  const words = reasons.length > 0 ? reasons : log.trim().split('\n').slice(-5);
  return new Refusal('TOOL_MISSING', `apt-get ${what} failed:\n${words.join('\n')}`, {
    retry: 'later',
    next: 'See that this machine reaches its package sources, then run the same command again.',
  });
}

async function isLocked(path: string): Promise<boolean> {
  const [locks, facts] = await Promise.all([
    readFile('/proc/locks', 'utf8').catch(() => ''),
    stat(path).catch(() => undefined),
  ]);
  return facts !== undefined && locksInode(locks, facts.ino);
}

/** `locks` is the text of /proc/locks: `1: POSIX  ADVISORY  WRITE 712 fe:00:2154497 0 EOF`. */
export const locksInode = (locks: string, inode: number): boolean =>
  locks
    .split('\n')
    .some((line) => line.split(/\s+/).some((word) => /^[0-9a-f]+:[0-9a-f]+:/.test(word) && word.endsWith(`:${inode}`)));
