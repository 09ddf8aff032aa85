/** What a person may choose of the cloud's own things, and what of it the deployments here use. */
import { z } from 'zod';
import { Refusal } from '../../kernel/refusal.ts';
import type { OpenStackClient } from './client/index.ts';
import { readAll } from './read.ts';

/** The key `quorate` of a cloud in clouds.yaml. */
export type OpenStackSettings = {
  /** Name or id; undefined: the only one. */
  readonly externalNetwork?: string;
  /** undefined: any. */
  readonly availabilityZone?: string;
  /** Of volumes that move; undefined: the cloud's default. */
  readonly volumeType?: string;
  /** Of volumes that are attached to several servers; undefined: one that a probe finds. */
  readonly sharedVolumeType?: string;
  /** Addresses; undefined: those of the image. Needed where Keystone's address is a name. */
  readonly dnsServers?: readonly string[];
  /** Who may enter nodes by SSH where the specification does not say; undefined: anybody who has the key. */
  readonly accessFrom?: string;
};

const NamedRecord = z.object({ id: z.string(), name: z.string() });

/** The id. @throws Refusal NOT_FOUND when there is none, or several and none is named */
export async function externalNetworkId(client: OpenStackClient, settings: OpenStackSettings): Promise<string> {
  const call = { service: 'network', path: '/networks', query: { 'router:external': 'true' } } as const;
  const found = await readAll(client, call, 'networks', NamedRecord);
  const { externalNetwork: wanted } = settings;
  const fitting = found.filter(({ id, name }) => wanted === undefined || id === wanted || name === wanted);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.id;
  const names = found.map(({ name }) => name);
  const what = wanted === undefined ? `${found.length} external networks` : `no external network ${wanted}`;
  throw new Refusal('NOT_FOUND', `the cloud has ${what}`, {
    retry: 'never',
    next: names.length > 0 ? `Name one of these: ${names.join(', ')}.` : 'Ask the operator for an external network.',
    data: { known: names },
  });
}
