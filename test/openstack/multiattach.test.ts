/** The probe against a real Cinder, whose type `multiattach` promises it and whose type `plain` does not. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenStackClient, listAll, type OpenStackClient } from '../../src/clouds/openstack/client/index.ts';
import { probeMultiattach } from '../../src/clouds/openstack/multiattach.ts';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { ensureBed, makeTestProject, type TestProject } from './bed.ts';

let project: TestProject;
let operator: OpenStackClient;
beforeAll(async () => {
  const admin = await ensureBed();
  operator = createOpenStackClient(admin);
  project = await makeTestProject(admin, 'osclient-multiattach');
});
afterAll(() => project?.remove());

const volumes = () => listAll(project.client, { service: 'volumev3', path: '/volumes' }, 'volumes');

it('finds the type that can, with the rights of an ordinary user, and leaves nothing', async () => {
  expect(await probeMultiattach(project.client, 'one')).toMatchObject({ type: 'multiattach', multiattach: true });
  expect(await volumes()).toEqual([]);
});

it('says no for a type that cannot', async () => {
  expect(await probeMultiattach(project.client, 'one', 'plain')).toMatchObject({ type: 'plain', multiattach: false });
  await expect(probeMultiattach(project.client, 'one', 'plian')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await volumes()).toEqual([]);
});

it('removes what a killed run of the same deployment left, and nothing of another', async () => {
  const left = async (deployment: string) => {
    const metadata = { 'quorate:purpose': 'multiattach-probe', 'quorate:deployment': deployment };
    await project.client.call({
      service: 'volumev3',
      method: 'POST',
      path: '/volumes',
      body: { volume: { name: `left-by-${deployment}`, size: 1, metadata } },
    });
  };
  await left('one');
  await left('two');
  await probeMultiattach(project.client, 'one');
  expect(await volumes()).toMatchObject([{ name: 'left-by-two' }]);
  await probeMultiattach(project.client, 'two');
  expect(await volumes()).toEqual([]);
});

it('leaves nothing when it is refused', async () => {
  const set = (gigabytes: number) =>
    operator.call({
      service: 'volumev3',
      method: 'PUT',
      path: `/os-quota-sets/${project.id}`,
      body: { quota_set: { gigabytes } },
    });
  await set(0);
  const refusal = await probeMultiattach(project.client, 'one').catch(asRefusal);
  await set(100);
  expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  expect(await volumes()).toEqual([]);
});
