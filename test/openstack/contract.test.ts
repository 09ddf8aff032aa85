/** The cloud contract on a real OpenStack's zone `fake`, where servers are made by Nova and none of them runs. */
import { createOpenStackClient } from '../../src/clouds/openstack/client/index.ts';
import { createOpenStackCloud } from '../../src/clouds/openstack/openstack-cloud.ts';
import { makeSecrets } from '../../src/engine/secrets/deployment-secrets.ts';
import { cloudContract } from '../contract/cloud.contract.ts';
import type { CloudUnderTest } from '../contract/cloud-under-test.ts';
import { everythingOf } from './audit.ts';
import { ensureBed, makeTestProject } from './bed.ts';
import { fakeZone, removed } from './deployment.ts';

async function setUp(): Promise<CloudUnderTest> {
  const admin = await ensureBed();
  const operator = createOpenStackClient(admin);
  const project = await makeTestProject(admin, 'osheat-contract');
  const cloud = createOpenStackCloud({ credentials: project.credentials, settings: fakeZone });
  for (const name of await cloud.deployments()) await removed(cloud, name);
  const made = new Map<string, ReturnType<typeof makeSecrets>>();
  return {
    cloud,
    secrets: (deployment) => {
      const secrets = made.get(deployment) ?? makeSecrets(deployment, ['app']);
      made.set(deployment, secrets);
      return secrets;
    },
    inventory: () => everythingOf(operator, project),
    knock: () => Promise.reject(new Error('nothing answers in zone fake')),
  };
}

cloudContract('OpenStack', setUp, {
  spec: 'cloud: bed\nimage: tiny',
  noGuests: 'no guest runs in zone fake',
  timeoutMs: 300_000,
});
