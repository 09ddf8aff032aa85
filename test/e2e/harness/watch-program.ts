/**
 * Which nodes really run a program, seen from the host again and again: by its process table, in which a container's
 * processes have another process namespace than the host's. No process of a node has to be alive or willing.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { initPid } from './incus.ts';

const PERIOD_MS = 100;

/** Starts to look; `stop` gives all nodes on which the program ran at any look. */
export function watchProgram(
  deployment: string,
  nodes: readonly string[],
  program: string,
): { readonly stop: () => Promise<ReadonlySet<string>> } {
  const seen = new Set<string>();
  const stopping = new AbortController();
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look(deployment, nodes, program, seen);
      await sleep(PERIOD_MS);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await looking;
      return seen;
    },
  };
}

async function look(deployment: string, nodes: readonly string[], program: string, seen: Set<string>): Promise<void> {
  const homes = new Map<string, string>();
  for (const node of nodes) {
    const pid = await initPid(deployment, node).catch(() => undefined);
    const namespace = pid === undefined ? undefined : namespaceOf(pid);
    if (namespace !== undefined) homes.set(namespace, node);
  }
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || nameOf(entry) !== program) continue;
    const node = homes.get(namespaceOf(entry) ?? '');
    if (node !== undefined) seen.add(node);
  }
}

/** undefined when the process has just ended. */
function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function nameOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
