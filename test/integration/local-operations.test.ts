/** What an operation of Incus came to, as its client tells it: whichever of Incus' versions is there. */
import { beforeAll, describe, expect, test } from 'vitest';
import { apiPath } from '../../src/clouds/local/incus/client.ts';
import { projectName } from '../../src/clouds/local/names.ts';
import { ensureAll, topologyOf } from '../contract/cloud-under-test.ts';
import { localCloudWithout } from './local-incus.ts';

const under = await localCloudWithout('contract');
const { client } = under;
const query = { project: projectName('contract') };

describe('an operation of Incus', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    await ensureAll(under, topologyOf('contract'));
  });

  const running = (command: readonly string[]) =>
    client.begin(apiPath(['instances', 'app-1', 'exec']), {
      query,
      body: { command, environment: {}, interactive: false },
    });

  test('that is done says so', async () => {
    const { id } = await running(['true']);
    expect(await client.waitFor(id, 'true')).toMatchObject({ id, status_code: 200 });
  });

  test('that still runs is late, not refused', async () => {
    const { id } = await running(['sleep', '4']);
    await expect(client.waitFor(id, 'a sleep', 1000)).rejects.toMatchObject({ code: 'TIMED_OUT', retry: 'later' });
  });

  test('that failed is named by what was asked for, with the cause, and may be tried again', async () => {
    const start = client.change('PUT', apiPath(['instances', 'app-1', 'state']), {
      query,
      body: { action: 'start' },
    });
    await expect(start).rejects.toMatchObject({ code: 'CLOUD_REFUSED', retry: 'later' });
    await expect(start).rejects.toThrow(/^Incus failed PUT \/1\.0\/instances\/app-1\/state: .*already running/);
  });

  test('that is not known any more is not taken for something absent', async () => {
    const wait = client.waitFor('9f1c2f0e-5d0c-4a5c-9a43-0c2f5a1f1e11', 'a start');
    await expect(wait).rejects.toMatchObject({ code: 'CLOUD_REFUSED', retry: 'later' });
    await expect(wait).rejects.toThrow('Incus no longer knows how a start ended');
  });
});
