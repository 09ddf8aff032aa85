/** A deployment that stands in a cloud, and that this store does not know -> its record here. */
import type { Cloud, DeploymentMemory } from '../clouds/cloud.ts';
import type { Clock } from '../kernel/clock.ts';
import { asRefusal, Refusal } from '../kernel/refusal.ts';
import type { DeploymentEvent, DeploymentRecord } from './engine.ts';
import type { Sealer } from './secrets/seal.ts';
import type { Store } from './store/store.ts';
import { specOf } from './wish.ts';

export type AdoptParts = {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: (event: DeploymentEvent) => void;
};

/**
 * Everything is checked before anything is stored, and all of it is stored together: no round of the engine ever finds
 * the deployment without its secrets, and makes others.
 */
export async function adopt(
  parts: AdoptParts,
  cloud: Cloud,
  wanted: { readonly name: string; readonly cloud: string },
): Promise<DeploymentRecord> {
  const { store, clock } = parts;
  const { name } = wanted;
  if ((await store.get(name)) !== undefined) throw known(name);
  const memory = await recall(cloud, wanted);
  const now = clock.now();
  const { specText, roster, sealedSecrets } = memory;
  const record: DeploymentRecord = {
    name,
    cloud: wanted.cloud,
    generation: 1,
    specText,
    desired: 'present',
    roster,
    createdAt: now,
    updatedAt: now,
  };
  specOf(record);
  requireOpen(parts.sealer, wanted, memory);
  const message = `${name} is adopted from the cloud ${wanted.cloud}`;
  const event = await store.adopt(record, sealedSecrets, { deployment: name, at: now, kind: 'adopted', message });
  if (event === undefined) throw known(name);
  parts.log(event);
  return record;
}

async function recall(cloud: Cloud, wanted: { readonly name: string; readonly cloud: string }) {
  if (cloud.recall === undefined) {
    throw new Refusal('NOT_SUPPORTED', `the cloud ${wanted.cloud} keeps no memory of its deployments`, {
      retry: 'never',
      next: 'apply its file: what exists is taken over by its names',
    });
  }
  const memory = await cloud.recall(wanted.name);
  if (memory !== undefined) return memory;
  const deployments = await cloud.deployments();
  throw new Refusal('NOT_FOUND', `the cloud ${wanted.cloud} remembers no deployment ${wanted.name}`, {
    retry: 'never',
    next: deployments.length === 0 ? 'there is none at all' : `there are ${deployments.join(', ')}`,
    data: { deployments },
  });
}

/** Better no record than one whose keys are lost: the next `apply` could reach no node of it. */
function requireOpen(
  sealer: Sealer,
  wanted: { readonly name: string; readonly cloud: string },
  memory: DeploymentMemory,
) {
  const { name: deployment } = wanted;
  try {
    for (const [name, sealed] of Object.entries(memory.sealedSecrets)) sealer.open({ deployment, name }, sealed);
  } catch (cause) {
    if (asRefusal(cause) === undefined) throw cause;
    throw new Refusal('CONFLICT', `the key of this store does not open the secrets of ${deployment}`, {
      retry: 'never',
      next: 'put the file `key` of the state directory it was applied from into this one, then run the same command again',
      data: { deployment, cloud: wanted.cloud },
      cause,
    });
  }
}

const known = (name: string): Refusal =>
  new Refusal('CONFLICT', `${name} is known here already`, {
    retry: 'never',
    next: `see it with \`quorate status ${name}\``,
  });
