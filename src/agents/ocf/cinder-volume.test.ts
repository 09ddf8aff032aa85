import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadlineIn } from '../deadline.ts';
import { novaCalls } from '../openstack/nova.ts';
import { type FakeNova, type FakeServer, fakeServer, startFakeNova } from '../openstack/nova-test-kit.ts';
import { cinderAttachment } from './cinder-attachment.ts';
import { runCinderVolume } from './cinder-volume.ts';

async function run(action: string, environment: Readonly<Record<string, string>> = {}) {
  const said = { out: '', log: '' };
  const io = { out: (text: string) => (said.out += text), log: (line: string) => (said.log += `${line}\n`) };
  return { exitCode: await runCinderVolume([action], environment, io), ...said };
}

describe('cinder-volume', () => {
  it('describes itself in XML, with volume as its one required parameter', async () => {
    const { exitCode, out } = await run('meta-data');
    using document = XmlDocument.fromString(out);
    expect(exitCode).toBe(0);
    expect(document.find('//parameter[@required="1"]/@name').map((node) => node.content)).toEqual(['volume']);
  });

  it('says "not configured" with the reason when a parameter is missing or wrong', async () => {
    for (const environment of [
      {},
      { OCF_RESKEY_volume: '../etc' },
      { OCF_RESKEY_volume: 'data', OCF_RESKEY_attach: 'auto' },
      { OCF_RESKEY_volume: 'data', OCF_RESKEY_device: 'relative' },
    ]) {
      const { exitCode, log } = await run('monitor', environment);
      expect({ environment, exitCode }).toEqual({ environment, exitCode: 6 });
      expect(log).toMatch(/^ocf-exit-reason:/);
    }
  });

  it('monitors without any configuration of the cloud, and takes only a device for running', async () => {
    expect((await run('monitor', { OCF_RESKEY_volume: 'data' })).exitCode).toBe(7);
    expect((await run('monitor', { OCF_RESKEY_volume: 'data', OCF_RESKEY_device: '/dev/null' })).exitCode).toBe(7);
  });

  it('does not start in a cloud of another kind, or in one it cannot know', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-cinder-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'cloud.json');
    writeFileSync(file, '{"kind": "incus"}');
    for (const config of [file, '/nonexistent'])
      expect((await run('start', { OCF_RESKEY_volume: 'data', OCF_RESKEY_config_file: config })).exitCode).toBe(6);
  });
});

describe('the attachment of a volume', () => {
  const member = (name: string, more: Partial<FakeServer> = {}, volumes: readonly string[] = []) =>
    fakeServer(name, {
      ...more,
      metadata: { 'quorate:deployment': 'web', quorate_volume_data: 'v1', ...more.metadata },
      'os-extended-volumes:volumes_attached': volumes.map((id) => ({ id })),
    });

  async function cloudOf(...servers: FakeServer[]): Promise<FakeNova> {
    const nova = await startFakeNova(...servers);
    onTestFinished(() => nova.close());
    return nova;
  }

  const attachmentAt = (fake: FakeNova, limitMs = 3_000) => {
    const deadline = deadlineIn(limitMs);
    const place = { nova: novaCalls(fake.access, deadline), server: 'app-1', deployment: 'web', volume: 'data' };
    return cinderAttachment(place, deadline, () => undefined);
  };

  const holders = ({ servers }: FakeNova) =>
    servers.filter((server) => server['os-extended-volumes:volumes_attached'].length > 0).map(({ name }) => name);

  it.each([
    ['is off', { status: 'SHUTOFF', 'OS-EXT-STS:power_state': 4 }],
    ['was fenced since it used it', { metadata: { quorate_fenced_v1: 'yes' } }],
  ])('is taken over from a server that %s', async (_, state) => {
    const nova = await cloudOf(member('app-1'), member('app-2', state, ['v1']));
    expect(await attachmentAt(nova).attach()).toBe('v1');
    expect(holders(nova)).toEqual(['app-1']);
  });

  it.each([
    ['runs', {}],
    ['failed', { status: 'ERROR' }],
    ['is being stopped', { 'OS-EXT-STS:task_state': 'powering-off' }],
    ["is another deployment's", { metadata: { 'quorate:deployment': 'shop' } }],
  ])('stays with a server that %s', async (_, state) => {
    const nova = await cloudOf(member('app-1'), member('app-2', state, ['v1']));
    await expect(attachmentAt(nova, 800).attach()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(holders(nova)).toEqual(['app-2']);
  });

  it('takes the note that it was fenced away before it uses the volume, even one it has already', async () => {
    const nova = await cloudOf(member('app-1', { metadata: { quorate_fenced_v1: 'yes' } }, ['v1']), member('app-2'));
    await attachmentAt(nova).attach();
    expect(nova.servers[0]?.metadata).not.toHaveProperty('quorate_fenced_v1');
    expect(holders(nova)).toEqual(['app-1']);
  });

  it('is not decided while a part of Nova does not answer: a server unseen may have it', async () => {
    const silent = { ...fakeServer(''), id: 'unseen', status: 'UNKNOWN', metadata: {} };
    const nova = await cloudOf(member('app-1'), silent);
    await expect(attachmentAt(nova, 800).attach()).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE' });
    expect(holders(nova)).toEqual([]);
  });

  it('is given back, and giving back what one has not is fine', async () => {
    const nova = await cloudOf(member('app-1', {}, ['v1']), member('app-2'));
    for (let times = 0; times < 2; times++) await attachmentAt(nova).detach();
    expect(holders(nova)).toEqual([]);
  });
});
