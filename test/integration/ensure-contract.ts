/** Makes or removes the deployment `contract`, to be killed while it does. The cloud and secrets come by stdin. */
import { text } from 'node:stream/consumers';
import type { DeploymentSecrets } from '../../src/clouds/cloud.ts';
import { createLocalCloud } from '../../src/clouds/local/local-cloud.ts';
import type { LocalCloudSettings } from '../../src/clouds/local/settings.ts';
import { ensureAll, topologyOf } from '../contract/cloud-under-test.ts';

type Given = {
  readonly incus: { readonly socketPath: string; readonly settings: LocalCloudSettings };
  readonly secrets: DeploymentSecrets;
};

const { incus, secrets } = JSON.parse(await text(process.stdin)) as Given;
const cloud = createLocalCloud(incus);
if (process.argv[2] === 'remove') await cloud.removeAll('contract', () => undefined);
else await ensureAll({ cloud, secrets: async () => secrets }, topologyOf('contract'));
