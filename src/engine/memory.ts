/** What the cloud keeps of a deployment, so that another Quorate can adopt it when this store is lost. */
import type { DeploymentMemory } from '../clouds/cloud.ts';
import type { DeploymentRecord } from './engine.ts';
import type { Store } from './store/store.ts';

/** Sealed secrets stay sealed: whoever reads them in the cloud needs the key beside the store as well. */
export const memoryOf = async (store: Store, record: DeploymentRecord): Promise<DeploymentMemory> => ({
  specText: record.specText,
  roster: record.roster,
  sealedSecrets: await store.secrets(record.name),
});
