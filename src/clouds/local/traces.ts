/**
 * What our Incus leaves on disk of instances and bridges that are gone (6.0: a container's lxc.conf and logs,
 * AppArmor profiles that it wrote although the host has no AppArmor, the logs of dnsmasq). Nothing reads them
 * again, and they tell of a deployment that has left nothing else.
 */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { IncusClient } from './incus/client.ts';
import { bridgePrefix, projectName } from './names.ts';

/** Below the directory of Incus, which is where its socket lies. */
const directories = [
  'logs',
  'run',
  'devices',
  'security/apparmor/cache',
  'security/apparmor/profiles',
  'security/seccomp',
];

/** For a deployment that Incus does not know any more. A directory that does not exist holds no traces. */
export async function removeTraces({ endpoint }: IncusClient, deployment: string): Promise<void> {
  if (!('socketPath' in endpoint)) return;
  for (const directory of directories.map((name) => join(dirname(endpoint.socketPath), name))) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((each) => isTraceOf(deployment, each)))
      await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Incus names an instance's files `PROJECT_INSTANCE`, its profiles `incus-PROJECT_INSTANCE`; a project's name has no `_`. */
export function isTraceOf(deployment: string, fileName: string): boolean {
  const project = projectName(deployment);
  return (
    fileName.startsWith(`${project}_`) ||
    fileName.startsWith(`incus-${project}_`) ||
    fileName.includes(bridgePrefix(deployment))
  );
}
