/**
 * One set-up or image build at a time on a host: a directory that only one process can make, with its maker's identity in
 * it. A maker that died is told by its process id and start time (proc(5)), so a kill costs no waiting.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../../../kernel/refusal.ts';

const pollMs = 200;

/** Runs `work` alone. @throws Refusal BUSY when another one works for longer than `patienceMs` */
export async function withLock<T>(directory: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const lock = join(directory, 'quorate.lock');
  for (let waitedMs = 0; !(await take(lock)); waitedMs += pollMs) {
    const holder = await readFile(join(lock, 'holder'), 'utf8').catch(() => '');
    if (holder !== '' && !(await lives(holder))) await discard(lock);
    else if (waitedMs > patienceMs)
      throw new Refusal(
        'BUSY',
        `another quorate (process ${holder.split(' ')[0] || 'unknown'}) works in ${directory}`,
        {
          retry: 'later',
          next: 'Wait until it is done, then run the same command again.',
        },
      );
    else await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Tells callers within this process apart. */
let attempts = 0;

async function take(lock: string): Promise<boolean> {
  // Made whole under another name first: a lock without a holder's name would be nobody's to discard.
  attempts += 1;
  const own = `${lock}.${process.pid}-${attempts}`;
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { mode: 0o700 });
  await writeFile(join(own, 'holder'), `${process.pid} ${(await startTime(process.pid)) ?? ''}`);
  try {
    // rename(2): fails when the target is a directory that is not empty.
    await rename(own, lock);
    return true;
  } catch {
    await rm(own, { recursive: true, force: true });
    return false;
  }
}

async function discard(lock: string): Promise<void> {
  const grave = `${lock}.dead.${process.pid}`;
  await rename(lock, grave).catch(() => undefined);
  await rm(grave, { recursive: true, force: true });
}

async function lives(holder: string): Promise<boolean> {
  const [pid, born] = holder.split(' ');
  return born !== undefined && (await startTime(Number(pid))) === born;
}

/** Field 22 of /proc/PID/stat: ticks since boot; undefined when there is no such process. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
