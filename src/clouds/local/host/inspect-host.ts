/** What the machine offers to the local cloud, as findings: what is fine, what is worth knowing, what would stop `apply`. Changes nothing. */
import { dirname } from 'node:path';
import { availableMemoryMiB, freeDiskGiB } from '../host-facts.ts';
import { createIncusClient } from '../incus/client.ts';
import { hasBtrfs } from './btrfs.ts';
import { hasUnifiedCgroups } from './daemon.ts';
import { findHost } from './ensure-host.ts';
import { hostRelease, missingPackages } from './packages.ts';
import { poolDriver } from './storage-pool.ts';

export type HostFinding = {
  readonly code: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly next?: string;
};

/** Three small nodes with their services. */
const demoMemoryMiB = 1200;
const demoDiskGiB = 4;

export async function inspectHost(stateDirectory: string): Promise<readonly HostFinding[]> {
  return [
    await release(),
    privileges(),
    packages(),
    await memory(),
    await disk(stateDirectory),
    await cgroups(),
    await fileSystem(),
    await incus(stateDirectory),
    {
      code: 'real-time',
      level: 'warn',
      message:
        'corosync runs without real-time scheduling and locked memory in containers: fine for trying, not for production',
    },
  ];
}

const release = (): Promise<HostFinding> =>
  hostRelease().then(
    (name): HostFinding => ({ code: 'release', level: 'ok', message: `Debian ${name}` }),
    (error: Error): HostFinding => ({
      code: 'release',
      level: 'fail',
      message: error.message,
      next: 'use a Debian 12 or 13 machine',
    }),
  );

const privileges = (): HostFinding =>
  process.getuid?.() === 0
    ? { code: 'privileges', level: 'ok', message: 'running as root' }
    : {
        code: 'privileges',
        level: 'fail',
        message: 'not running as root',
        next: 'run quorate as root: the local cloud makes containers and bridges',
      };

function packages(): HostFinding {
  const missing = missingPackages().map(({ name }) => name);
  if (missing.length === 0) return { code: 'packages', level: 'ok', message: 'every package is installed' };
  return {
    code: 'packages',
    level: 'warn',
    message: `not installed yet: ${missing.join(', ')}`,
    next: 'the first apply installs them',
  };
}

async function memory(): Promise<HostFinding> {
  const availableMiB = await availableMemoryMiB();
  const message = `${availableMiB} MiB of memory available; three small nodes use about ${demoMemoryMiB} MiB`;
  return availableMiB >= demoMemoryMiB
    ? { code: 'memory', level: 'ok', message }
    : { code: 'memory', level: 'fail', message, next: 'free memory, or use fewer nodes' };
}

async function disk(stateDirectory: string): Promise<HostFinding> {
  const freeGiB = (await freeDiskGiB(stateDirectory)) ?? (await freeDiskGiB(dirname(stateDirectory))) ?? 0;
  const message = `${freeGiB.toFixed(1)} GiB free for ${stateDirectory}; the local cloud needs ${demoDiskGiB} GiB`;
  return freeGiB >= demoDiskGiB
    ? { code: 'disk', level: 'ok', message }
    : { code: 'disk', level: 'fail', message, next: 'make room, or name another directory with --state' };
}

const cgroups = async (): Promise<HostFinding> =>
  (await hasUnifiedCgroups())
    ? { code: 'cgroups', level: 'ok', message: 'unified cgroup hierarchy' }
    : {
        code: 'cgroups',
        level: 'warn',
        message:
          'no unified cgroup hierarchy: Incus gets one in a mount namespace of its own, and flavors set no limits',
      };

async function fileSystem(): Promise<HostFinding> {
  return (await hasBtrfs())
    ? { code: 'btrfs', level: 'ok', message: 'btrfs: nodes are cloned from the image' }
    : {
        code: 'btrfs',
        level: 'warn',
        message: 'no btrfs in this kernel: each node is a full copy, about 10 s more a node',
      };
}

async function incus(stateDirectory: string): Promise<HostFinding> {
  const host = await findHost(stateDirectory);
  if (host === undefined)
    return {
      code: 'incus',
      level: 'warn',
      message: 'the local cloud is not running',
      next: 'the first apply sets it up and starts it',
    };
  const { first, last } = host.settings.outside;
  const message = `the local cloud answers; outside addresses ${first} to ${last}`;
  const driver = await poolDriver(createIncusClient({ socketPath: host.socketPath }));
  if (driver === 'btrfs') return { code: 'incus', level: 'ok', message };
  return { code: 'incus', level: 'warn', message: `${message}; its pool is ${driver}: nodes are copied, not cloned` };
}
