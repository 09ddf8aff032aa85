/**
 * Harm from outside, as the world does it: a machine that dies at once, a network that no longer carries frames.
 * Nothing here asks the victim, Pacemaker or Quorate.
 */
import { execa } from 'execa';
import { initPid, instancesOf } from './incus.ts';

/** Kills an instance's init: the kernel takes every process of it along, as when a machine loses power. Returns when. */
export async function killNode(deployment: string, node: string): Promise<number> {
  const pid = await initPid(deployment, node);
  if (pid === undefined) throw new Error(`${node} does not run, so it cannot be killed`);
  const at = performance.now();
  process.kill(pid, 'SIGKILL');
  return at;
}

export type Cut = { readonly heal: () => Promise<void> };

/**
 * Drops every frame that the node's first interface (the heartbeat) sends to or gets from the others. By its MAC
 * in the bridge's own firewall table: an instance that is fenced and comes back has a new interface on the host
 * and the same MAC, so the cut outlasts it.
 */
export async function cutHeartbeat(deployment: string, node: string): Promise<Cut> {
  const instance = (await instancesOf(deployment)).find(({ name }) => name === node);
  const mac = instance?.config['volatile.eth0.hwaddr'];
  if (mac === undefined) throw new Error(`${node} has no heartbeat interface`);
  const table = cutTable(deployment);
  // Before every hook of Incus' own, so that nothing accepts a frame first.
  const rules = [
    `table bridge ${table} {`,
    '  chain forward {',
    '    type filter hook forward priority -400; policy accept;',
    `    ether saddr ${mac} drop`,
    `    ether daddr ${mac} drop`,
    '  }',
    '}',
  ];
  await execa('nft', ['-f', '-'], { input: `${rules.join('\n')}\n` });
  return { heal: () => healHeartbeat(deployment) };
}

/** Idempotent: a test that failed in the middle heals again. */
export async function healHeartbeat(deployment: string): Promise<void> {
  await execa('nft', ['delete', 'table', 'bridge', cutTable(deployment)], { reject: false });
}

const cutTable = (deployment: string): string => `e2e_cut_${deployment.replaceAll('-', '_')}`;
