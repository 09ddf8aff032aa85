/**
 * Program: every 20 ms, for every node, from the host: is the address on one of its interfaces, is the directory
 * a mount point? One line of JSON each time. Reads the kernel's own tables of the instance's namespaces
 * (proc(5): /proc/PID/net/fib_trie, /proc/PID/mountinfo), so no process of the node has to be alive or willing.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Holding, Sample } from './holding.ts';
import { initPid } from './incus.ts';
import type { Watched } from './watch-holding.ts';

const PERIOD_MS = 20;
/** An instance that starts again has another init; it needs seconds from there to the first resource. */
const LOOK_FOR_PIDS_MS = 100;

const { deployment, nodes, address, mount } = JSON.parse(process.argv[2] ?? '') as Watched;
const pids = new Map<string, number | undefined>();
const localAddress = new RegExp(`\\|-- ${address.replaceAll('.', '\\.')}\\n\\s+/32 host LOCAL`);

for (const node of nodes) void followPid(node);
while (pids.size < nodes.length) await sleep(PERIOD_MS);
process.stdout.on('error', () => process.exit(0));
for (;;) {
  process.stdout.write(`${JSON.stringify(look())}\n`);
  await sleep(PERIOD_MS);
}

async function followPid(node: string): Promise<void> {
  for (;;) {
    pids.set(node, await initPid(deployment, node).catch(() => pids.get(node)));
    await sleep(LOOK_FOR_PIDS_MS);
  }
}

function look(): Sample {
  const at = Date.now();
  const startedAt = performance.now();
  const seen = Object.fromEntries(nodes.map((node) => [node, lookAt(pids.get(node))]));
  return { at, tookMs: performance.now() - startedAt, nodes: seen };
}

function lookAt(pid: number | undefined): Holding | 'absent' {
  if (pid === undefined) return 'absent';
  try {
    return {
      vip: localAddress.test(readFileSync(`/proc/${pid}/net/fib_trie`, 'utf8')),
      mount: readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(` ${mount} `),
    };
  } catch {
    // The init is gone, and with it everything in its namespaces.
    return 'absent';
  }
}
