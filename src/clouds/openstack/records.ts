/** What Nova, Neutron and Cinder say of a deployment's things; only the fields we use. */
import { z } from 'zod';
import { deploymentOfMetadata, deploymentTag } from '../../artefacts/heat/index.ts';
import type { OpenStackClient } from './client/index.ts';
import { readAll } from './read.ts';

const metadata = z.record(z.string(), z.string()).default({});

export const ServerRecord = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  hostId: z.string().default(''),
  metadata,
  fault: z.object({ message: z.string() }).optional(),
  'OS-EXT-STS:task_state': z.string().nullish(),
  'OS-SRV-USG:launched_at': z.string().nullish(),
  'os-extended-volumes:volumes_attached': z.array(z.object({ id: z.string() })).default([]),
});
export type ServerRecord = z.output<typeof ServerRecord>;

export const PortRecord = z.object({
  id: z.string(),
  name: z.string(),
  network_id: z.string(),
  tags: z.array(z.string()).default([]),
  security_groups: z.array(z.string()).default([]),
  device_id: z.string().default(''),
  allowed_address_pairs: z.array(z.object({ ip_address: z.string() })).default([]),
});
export type PortRecord = z.output<typeof PortRecord>;

export const FloatingIpRecord = z.object({
  id: z.string(),
  floating_ip_address: z.string(),
  port_id: z.string().nullish(),
  description: z.string().nullish(),
});

export type FloatingIpRecord = z.output<typeof FloatingIpRecord>;

export const NetworkRecord = z.object({
  id: z.string(),
  name: z.string(),
  tags: z.array(z.string()).default([]),
  subnets: z.array(z.string()).default([]),
});

export const VolumeRecord = z.object({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  metadata,
});
export type VolumeRecord = z.output<typeof VolumeRecord>;

type Reader = Pick<OpenStackClient, 'call'>;
type Tagged = { readonly metadata: Readonly<Record<string, string>> };

const isOf = (deployment: string, { metadata: own }: Tagged): boolean => deploymentOfMetadata(own) === deployment;

export const allServers = (client: Reader): Promise<readonly ServerRecord[]> =>
  readAll(client, { service: 'compute', path: '/servers/detail' }, 'servers', ServerRecord);

export const serversOf = async (client: Reader, deployment: string): Promise<readonly ServerRecord[]> =>
  (await allServers(client)).filter((server) => isOf(deployment, server));

export const allVolumes = (client: Reader): Promise<readonly VolumeRecord[]> =>
  readAll(client, { service: 'volumev3', path: '/volumes/detail' }, 'volumes', VolumeRecord);

/** Probe volumes included. */
export const volumesOf = async (client: Reader, deployment: string): Promise<readonly VolumeRecord[]> =>
  (await allVolumes(client)).filter((volume) => isOf(deployment, volume));

export const portsOf = (client: Reader, deployment: string): Promise<readonly PortRecord[]> =>
  readAll(
    client,
    { service: 'network', path: '/ports', query: { tags: deploymentTag(deployment) } },
    'ports',
    PortRecord,
  );

export const networksOf = (client: Reader, deployment: string) =>
  readAll(
    client,
    { service: 'network', path: '/networks', query: { tags: deploymentTag(deployment) } },
    'networks',
    NetworkRecord,
  );

export const floatingIps = async (client: Pick<OpenStackClient, 'call' | 'session'>) => {
  const { projectId } = await client.session();
  // An administrator would see those of every project.
  const query = { project_id: projectId };
  return readAll(client, { service: 'network', path: '/floatingips', query }, 'floatingips', FloatingIpRecord);
};
