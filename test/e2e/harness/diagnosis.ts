/** What somebody who reads CI's log needs to know why a scenario failed: the events, the status, the nodes' journals. */
import { instancesOf } from './incus.ts';
import { exec, quorate } from './quorate.ts';
import { say } from './report.ts';

/** Reads only, and fails for nothing: a part that cannot be had says so. */
export async function tellWhy(deployment: string): Promise<void> {
  say(`---- ${deployment}, as it was when the test failed ----`);
  for (const args of [
    ['events', deployment],
    ['status', deployment],
    ['status', deployment, '--json'],
  ]) {
    await print(`quorate ${args.join(' ')}`, async () => {
      const { stdout, stderr } = await quorate(args, { timeoutMs: 60_000 });
      return sinceCreation(stdout) + stderr;
    });
  }
  const instances = await instancesOf(deployment).catch(() => []);
  await print('instances', async () => instances.map(({ name, status }) => `${name} ${status}`).join('\n'));
  for (const { name } of instances) {
    await print(`journal of ${name}`, () => journal(deployment, name));
  }
  say(`---- end of ${deployment} ----`);
}

/** A deployment's events outlive it; those of earlier ones of the same name only confuse. */
const sinceCreation = (text: string): string =>
  text.slice(Math.max(0, text.lastIndexOf('\n', Math.max(0, text.lastIndexOf(' created ')))));

async function journal(deployment: string, node: string): Promise<string> {
  const units = ['corosync', 'pacemaker', 'nginx', 'cloud-init-local', 'cloud-init-network'].flatMap((unit) => [
    '-u',
    unit,
  ]);
  const { stdout, stderr } = await exec(deployment, node, [
    'journalctl',
    '--no-pager',
    '-o',
    'short-precise',
    '-n',
    '150',
    ...units,
  ]);
  return stdout + stderr;
}

async function print(title: string, work: () => Promise<string>): Promise<void> {
  const text = await work().catch((error: unknown) => `(not to be had: ${String(error)})`);
  say(`-- ${title}\n${text}`);
}
