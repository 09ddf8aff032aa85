/**
 * Who holds a lease, told so exactly that a dead holder can be known as dead: proc(5) gives a process a
 * start time, and a boot an id, so that a pid that was used again is not taken for its predecessor.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const Holder = z.object({
  host: z.string(),
  bootId: z.string(),
  /** Processes are visible only to those of the same PID namespace: a container shares the boot id, not this. */
  pidNamespace: z.string(),
  pid: z.int(),
  /** In clock ticks after boot, as /proc/PID/stat prints it. */
  startTime: z.string(),
  nonce: z.string(),
});
export type Holder = z.output<typeof Holder>;

/** A new one at every call: two runs in one process are two holders. */
export function thisHolder(): Holder {
  return {
    host: hostname(),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    startTime: aliveSince(process.pid) ?? '',
    nonce: randomBytes(8).toString('hex'),
  };
}

export const renderHolder = (holder: Holder): string => JSON.stringify(holder);

/** Undefined for a text that no `renderHolder` wrote. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return Holder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `process 4711 on host-a`, for people. */
export function describeHolder(text: string): string {
  const holder = parseHolder(text);
  return holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
}

/** True only when it is certain; a holder of another machine, boot or PID namespace is left to its expiry. */
export function isProvablyDead(text: string): boolean {
  const holder = parseHolder(text);
  if (holder === undefined || holder.bootId === '' || holder.pidNamespace === '' || holder.startTime === '')
    return false;
  if (holder.bootId !== bootId() || holder.pidNamespace !== pidNamespace()) return false;
  return aliveSince(holder.pid) !== holder.startTime;
}

/** Start time of a living process; undefined when there is none, and for one that only waits to be reaped. */
function aliveSince(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || state === '' || 'ZXx'.includes(state) ? undefined : rest[18];
}

const bootId = () => read('/proc/sys/kernel/random/boot_id').trim();

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
