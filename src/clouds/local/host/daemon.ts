/**
 * Our own incusd: started in its own directory, never a user's Incus. By systemd as a unit of this boot where
 * PID 1 is systemd, by hand otherwise. Where the host has no unified cgroup hierarchy it lives in a mount
 * namespace of its own in which /sys/fs/cgroup is one: Debian 13's systemd does not boot without. That
 * namespace is pinned to a file, so that an incusd that is started again finds its pool's mounts.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { asRefusal, Refusal } from '../../../kernel/refusal.ts';
import { callIncus } from '../incus/transport.ts';
import type { HostLayout } from './layout.ts';
import { startUnit } from './unit.ts';

const program = '/usr/libexec/incus/incusd';
/** Incus opens its database and mounts its pool in this time, also on a busy machine. */
const startTimeoutMs = 60_000;

export async function daemonAnswers({ socketPath }: HostLayout): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  return callIncus({ socketPath }, { method: 'GET', path: '/1.0', timeoutMs: 5_000 }).then(
    () => true,
    (error: unknown) => {
      if (asRefusal(error) === undefined) throw error;
      return false;
    },
  );
}

/** @throws Refusal CLOUD_UNREACHABLE with the end of its log */
export async function startDaemon(layout: HostLayout): Promise<void> {
  await mkdir(layout.incusDirectory, { recursive: true, mode: 0o711 });
  await openFuse();
  const command = await inNamespace(layout, [program, '--group', 'root', '--logfile', layout.logFile]);
  if (await underSystemd())
    await startUnit({
      name: layout.unitName,
      command,
      stopCommand: [program, 'shutdown', '--force', '--timeout=60'],
      environment: { INCUS_DIR: layout.incusDirectory },
    });
  else await startByHand(layout, command);
  const deadline = Date.now() + startTimeoutMs;
  while (!(await daemonAnswers(layout))) {
    if (Date.now() > deadline) throw await notStarted(layout);
    await sleep(100);
  }
}

/**
 * Incus gives every container the host's /dev/fuse, by which a node without privileges mounts shares; its root is nobody
 * here. udev lets everybody open it (50-udev-default.rules), and a machine without udev may let root alone.
 */
async function openFuse(): Promise<void> {
  const mode = await stat('/dev/fuse').then(
    (found) => found.mode,
    () => undefined,
  );
  if (mode !== undefined && (mode & 0o666) !== 0o666) await chmod('/dev/fuse', 0o666);
}

async function notStarted(layout: HostLayout): Promise<Refusal> {
  const log = await readFile(layout.logFile, 'utf8').catch(() => '');
  const words = log.trim().split('\n').slice(-5).join('\n');
  return new Refusal(
    'CLOUD_UNREACHABLE',
    `Incus does not answer ${startTimeoutMs / 1000} s after its start; its log ends with:\n${words}`,
    {
      retry: 'later',
      next: `See ${layout.logFile}, then run the same command again.`,
    },
  );
}

const underSystemd = async (): Promise<boolean> => (await readFile('/proc/1/comm', 'utf8')).trim() === 'systemd';

/** Not by execa: it is to outlive us, in a session of its own, with its output in a file. */
async function startByHand(
  { incusDirectory, pidFile, logFile }: HostLayout,
  command: readonly string[],
): Promise<void> {
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(command[0] ?? program, command.slice(1), {
      cwd: '/',
      env: { ...process.env, INCUS_DIR: incusDirectory },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.on('error', () => undefined);
    child.unref();
    await writeFile(pidFile, `${child.pid ?? 0}\n`, { mode: 0o600 });
  } finally {
    await log.close();
  }
}

/** cgroup(7): `cgroup2fs` at /sys/fs/cgroup is the unified hierarchy. */
export async function hasUnifiedCgroups(): Promise<boolean> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  return mounts.split('\n').some((line) => / \/sys\/fs\/cgroup cgroup2 /.test(line));
}

async function inNamespace(layout: HostLayout, command: readonly string[]): Promise<readonly string[]> {
  if (await hasUnifiedCgroups()) return command;
  await pinNamespace(layout);
  return ['nsenter', `--mount=${layout.namespaceFile}`, ...command];
}

/** unshare(1): a namespace can be pinned only below a mount that is private. */
async function pinNamespace({ namespaceFile }: HostLayout): Promise<void> {
  const directory = dirname(namespaceFile);
  if (!(await isMountPoint(namespaceFile))) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (!(await isMountPoint(directory))) await execa('mount', ['--bind', '--make-private', directory, directory]);
    await writeFile(namespaceFile, '');
    await execa('unshare', [`--mount=${namespaceFile}`, '--propagation', 'private', 'true']);
  }
  // Looked at again each time: a kill may have come between the pin and this.
  await execa('nsenter', [`--mount=${namespaceFile}`, 'sh', '-c', unifyCgroups]);
}

const unifyCgroups = `grep -q ' /sys/fs/cgroup cgroup2 ' /proc/self/mounts && exit 0
umount -R /sys/fs/cgroup; exec mount -t cgroup2 none /sys/fs/cgroup`;

async function isMountPoint(path: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return mounts.split('\n').some((line) => line.split(' ')[4] === path);
}

/** Stops it and everything that runs in it; what is on disk stays. An absent one is fine. */
export async function stopDaemon(layout: HostLayout): Promise<void> {
  if (await daemonAnswers(layout)) {
    // What `incusd shutdown` does: instances first, then itself.
    const call = { method: 'PUT', path: '/internal/shutdown?force=true', timeoutMs: 120_000 } as const;
    await callIncus({ socketPath: layout.socketPath }, call).catch((error: unknown) => {
      if (asRefusal(error) === undefined) throw error;
    });
  }
  for (let waitedMs = 0; waitedMs < 30_000 && (await daemonAnswers(layout)); waitedMs += 100) await sleep(100);
  await killRest(layout);
  for (const path of [layout.namespaceFile, dirname(layout.namespaceFile)])
    if (await isMountPoint(path)) await execa('umount', ['--lazy', path]);
  await rm(dirname(layout.namespaceFile), { recursive: true, force: true });
  await rm(layout.pidFile, { force: true });
}

/** Processes whose INCUS_DIR is ours: whatever the daemon did not take with it. */
async function killRest({ incusDirectory }: HostLayout): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`INCUS_DIR=${incusDirectory}`)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
