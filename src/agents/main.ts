/**
 * What runs on a node: an agent's name and its arguments in, an exit status out. Bundled (build.ts) to one file that
 * the node image's Node.js 20 runs, so it imports nothing but Node.js, `kernel` and the clouds' clients. It knows
 * nothing of specifications, plans or the engine: all it is told stands in `/etc/quorate/cloud.json` and in what
 * Pacemaker passes. Manuals: ClusterLabs FenceAgentAPI, OCF Resource Agent API 1.1.
 */
import { readFileSync } from 'node:fs';
import { runFenceQuorate } from './fence/fence-quorate.ts';
import { runCinderVolume } from './ocf/cinder-volume.ts';
import { runIncusVolume } from './ocf/incus-volume.ts';

const [agent, ...argv] = process.argv.slice(2);
const io = {
  out: (text: string) => void process.stdout.write(text),
  log: (line: string) => void process.stderr.write(`${line}\n`),
};

// process.exit, not exitCode: a kept-alive connection must not hold up Pacemaker, which waits for our end.
switch (agent) {
  case 'fence_quorate':
    process.exit(await runFenceQuorate(argv, () => readFileSync(0, 'utf8'), io));
  case 'incus-volume':
    process.exit(await runIncusVolume(argv, process.env, io));
  case 'cinder-volume':
    process.exit(await runCinderVolume(argv, process.env, io));
  default:
    io.log('usage: agents.mjs fence_quorate|incus-volume|cinder-volume [ARGUMENT]...');
    process.exit(1);
}
