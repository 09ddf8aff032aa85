/**
 * Where the volume agent runs in these tests: no guest of zone `fake` exists, so this machine plays them. A node is a
 * host name and a view of /dev of its own (namespaces), in which volumes that Nova has attached to the node's server
 * appear as loop devices, under the names that udev would give them. The API, and what the agent does, are real.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentServers, Ran } from './agents-kit.ts';
import { runAs } from './agents-kit.ts';

export type NodeStage = {
  /** The agent's executable, as the image has it but for its paths. */
  readonly agent: string;
  /** By volume id: what this machine has for it. */
  readonly loops: ReadonlyMap<string, string>;
  readonly addVolume: (id: string, sizeMiB: number) => string;
  readonly sh: (node: string, script: string, env?: Readonly<Record<string, string>>) => Promise<Ran>;
  readonly close: () => Promise<void>;
};

const DEVICES = ['/dev/disk', '/dev/quorate'];

/** `usr` is laid over this machine's own, for what the node image has and this machine does not. */
export function setStage(bed: AgentServers, nodes: readonly string[], usr: string): NodeStage {
  const loops = new Map<string, string>();
  const viewOf = (node: string, device: string) => join(bed.directory, 'view', node, device);
  for (const device of DEVICES) {
    mkdirSync(device, { recursive: true });
    for (const node of nodes) mkdirSync(viewOf(node, device), { recursive: true });
  }
  for (const node of nodes) mkdirSync(join(viewOf(node, '/dev/disk'), 'by-id'), { recursive: true });
  const agent = join(bed.directory, 'cinder-volume');
  const shipped = readFileSync(join(bed.agents, 'cinder-volume'), 'utf8');
  writeFileSync(agent, shipped.replace('/usr/bin/node', process.execPath).replace('/usr/lib/quorate', bed.agents));
  chmodSync(agent, 0o755);

  const plugging = new AbortController();
  const udev = playUdev(bed, loops, (node) => join(viewOf(node, '/dev/disk'), 'by-id'), nodes, plugging.signal);
  return {
    agent,
    loops,
    addVolume: (id, sizeMiB) => {
      const file = join(bed.directory, id);
      execFileSync('truncate', ['-s', `${sizeMiB}M`, file]);
      const loop = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
      loops.set(id, loop);
      return loop;
    },
    sh: (node, script, env = {}) => {
      const binds = DEVICES.map((device) => `mount --bind ${viewOf(node, device)} ${device}`);
      const overlay = `mount -t overlay overlay -o lowerdir=${usr}:/usr /usr`;
      const whole = [overlay, ...binds, script].join('\n');
      return runAs(node, ['unshare', '--mount', 'sh', '-ec', whole], { env: { ...env, OCF_ROOT: '/usr/lib/ocf' } });
    },
    close: async () => {
      plugging.abort();
      await udev;
      for (const loop of loops.values()) execFileSync('losetup', ['--detach', loop]);
      for (const device of DEVICES) if (readdirSync(device).length === 0) rmdirSync(device);
    },
  };
}

/** A device appears and goes with its attachment, a moment later. */
async function playUdev(
  bed: AgentServers,
  loops: ReadonlyMap<string, string>,
  directoryOf: (node: string) => string,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const node of nodes) {
      const { status, 'os-extended-volumes:volumes_attached': attached } = await bed.server(node);
      const names = new Map(attached.map(({ id }) => [`virtio-${id.slice(0, 20)}`, loops.get(id)]));
      const directory = directoryOf(node);
      const present = readdirSync(directory);
      for (const name of present) if (!names.has(name) || status !== 'ACTIVE') rmSync(join(directory, name));
      for (const [name, loop] of names)
        if (loop !== undefined && status === 'ACTIVE' && !present.includes(name))
          symlinkSync(loop, join(directory, name));
    }
    await sleep(300);
  }
}
