import { describe, expect, it, onTestFinished } from 'vitest';
import { deadlineIn } from '../deadline.ts';
import { type FakeNova, type FakeServer, fakeServer, startFakeNova } from '../openstack/nova-test-kit.ts';
import { novaTarget } from './nova-target.ts';

async function cloudOf(...servers: FakeServer[]): Promise<FakeNova> {
  const nova = await startFakeNova(...servers);
  onTestFinished(() => nova.close());
  return nova;
}

const target = (nova: FakeNova, limitMs = 5_000, self = 'app-1') =>
  novaTarget(nova.access, deadlineIn(limitMs), () => undefined, self);

const changes = ({ asked }: FakeNova) => asked.filter((call) => !call.startsWith('GET') && !call.includes('metadata'));

describe('fencing by Nova', () => {
  it('claims nothing about a server whose compute host is dead, and refuses in time', async () => {
    const nova = await cloudOf(fakeServer('app-1'), fakeServer('app-2'));
    nova.dead.add('app-2');
    const began = performance.now();
    await expect(target(nova, 3_000).off('app-2')).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringContaining('powering-off'),
    });
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(changes(nova)).toEqual(['POST /servers/app-2/action os-stop']);
    expect(await target(nova).power('app-2')).toBe('on');
  });

  it('never says "absent" while a part of Nova does not answer', async () => {
    const silent = { ...fakeServer(''), id: 'unseen', status: 'UNKNOWN', metadata: {} };
    const nova = await cloudOf(fakeServer('app-1'), silent);
    await expect(target(nova, 1_000).off('app-2')).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE' });
    nova.servers.pop();
    expect(await target(nova).off('app-2')).toBe('absent');
  });

  it('gives up in time when the API hangs', async () => {
    const nova = await cloudOf(fakeServer('app-1'), fakeServer('app-2'));
    nova.hangs = true;
    const began = performance.now();
    await expect(target(nova, 1_500).list()).rejects.toMatchObject({ retry: 'later' });
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('throws the old system of a paused server away before it stops it', async () => {
    const nova = await cloudOf(
      fakeServer('app-1'),
      fakeServer('app-2', { status: 'PAUSED', 'OS-EXT-STS:power_state': 3 }),
    );
    expect(await target(nova).off('app-2')).toBe('off');
    expect(changes(nova)).toEqual(['POST /servers/app-2/action reboot', 'POST /servers/app-2/action os-stop']);
  });

  it('is through only when every server of that name is off', async () => {
    const twin = { ...fakeServer('app-2'), id: 'app-2-new' };
    const nova = await cloudOf(fakeServer('app-1'), fakeServer('app-2'), twin);
    expect(await target(nova).off('app-2')).toBe('off');
    expect(nova.servers.map(({ status }) => status)).toEqual(['ACTIVE', 'SHUTOFF', 'SHUTOFF']);
  });

  it("leaves another deployment's server of that name alone", async () => {
    const foreign = fakeServer('app-2', { metadata: { 'quorate:deployment': 'shop' } });
    const nova = await cloudOf(fakeServer('app-1'), foreign);
    expect(await target(nova).off('app-2')).toBe('absent');
    expect(foreign.status).toBe('ACTIVE');
  });

  it('notes before a start which volumes the server was off with', async () => {
    const volumes = { 'os-extended-volumes:volumes_attached': [{ id: 'v1' }] };
    const nova = await cloudOf(fakeServer('app-1'), fakeServer('app-2', volumes));
    await target(nova).off('app-2');
    await target(nova).requestOn('app-2');
    expect(nova.servers[1]).toMatchObject({ status: 'ACTIVE', metadata: { quorate_fenced_v1: 'yes' } });
    expect(nova.asked.findLastIndex((call) => call.endsWith('os-start'))).toBeGreaterThan(
      nova.asked.lastIndexOf('POST /servers/app-2/metadata'),
    );
  });

  it('takes its own claim and that of the dead back', async () => {
    const claimant = fakeServer('app-2');
    const nova = await cloudOf(fakeServer('app-1'), claimant);
    expect(await target(nova).off('app-2')).toBe('off');
    expect(nova.asked).toContain('POST /servers/app-1/metadata');
    expect(nova.servers.map(({ metadata }) => Object.keys(metadata))).toEqual([
      ['quorate:deployment'],
      ['quorate:deployment'],
    ]);
  });
});
