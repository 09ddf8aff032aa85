/** A cloud by its name, as commands and the engine use it. What is heavy is loaded when it is needed. */
import type { Cloud } from '../clouds/cloud.ts';
import { Refusal } from '../kernel/refusal.ts';

/** Connects to what is set up; installs and starts nothing. */
export const openCloud = (stateDirectory: string, name: string): Promise<Cloud> =>
  name === 'local' ? openLocal(stateDirectory) : openOpenStack(name);

export async function cloudNames(): Promise<readonly string[]> {
  const { knownClouds } = await import('../clouds/openstack/config/index.ts');
  return ['local', ...(await knownClouds(process.env))];
}

async function openLocal(stateDirectory: string): Promise<Cloud> {
  const { findHost } = await import('../clouds/local/host/ensure-host.ts');
  const { createLocalCloud } = await import('../clouds/local/local-cloud.ts');
  const host = await findHost(stateDirectory);
  if (host !== undefined) return createLocalCloud(host);
  throw new Refusal('CLOUD_UNREACHABLE', 'the local cloud is not running', {
    retry: 'later',
    next: '`quorate image build` sets this machine up and starts it; `quorate doctor` says more',
  });
}

async function openOpenStack(name: string): Promise<Cloud> {
  const { readCloudConfig } = await import('../clouds/openstack/config/index.ts');
  const { createOpenStackCloud } = await import('../clouds/openstack/openstack-cloud.ts');
  return createOpenStackCloud(await readCloudConfig(name, process.env));
}
