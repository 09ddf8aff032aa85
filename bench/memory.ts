/** What the program takes at its peak, and what a node takes that just serves. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { initPid, instancesOf } from '../test/e2e/harness/incus.ts';
import type { Bench } from './bench.ts';
import { median, renderBytes } from './numbers.ts';
import { runWithPeak } from './program.ts';

export async function benchMemory({ report, live, signal }: Bench): Promise<void> {
  const { name, applyPeakBytes } = await live();
  report.heading('Memory');
  const status = await runWithPeak(['status', name], signal);
  const rows = [
    ['quorate apply, peak resident', applyPeakBytes],
    ['quorate status, peak resident', status.peakBytes],
    ['a node, sum of its processes (median)', median(await nodeBytes(name))],
  ] as const;
  for (const [what, bytes] of rows) report.add({ part: 'memory', what, value: renderBytes(bytes), data: { bytes } });
}

/**
 * Proportional set size of every process in the node's process namespace: pages that nodes share count once.
 * Not what the control group says, which includes page cache and is nothing where the host has no memory controller.
 */
async function nodeBytes(name: string): Promise<readonly number[]> {
  const processes = await processesByNamespace();
  const nodes = (await instancesOf(name)).map(async (instance) => {
    const init = await initPid(name, instance.name);
    const namespace = init === undefined ? undefined : await namespaceOf(String(init));
    const pids = namespace === undefined ? [] : (processes.get(namespace) ?? []);
    const sizes = await Promise.all(pids.map(pssBytes));
    return sizes.reduce((sum, size) => sum + size, 0);
  });
  return Promise.all(nodes);
}

async function processesByNamespace(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const namespace = await namespaceOf(pid);
    if (namespace !== undefined) found.set(namespace, [...(found.get(namespace) ?? []), pid]);
  }
  return found;
}

/** undefined for a process that has just ended. */
const namespaceOf = (pid: string): Promise<string | undefined> =>
  readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);

async function pssBytes(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
