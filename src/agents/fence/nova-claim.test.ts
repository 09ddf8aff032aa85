import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../kernel/refusal.ts';
import type { Nova } from '../openstack/nova.ts';
import type { NovaServer } from '../openstack/nova-server.ts';
import { novaClaims } from './nova-claim.ts';

const server = (name: string, more: Partial<NovaServer> = {}): NovaServer => ({
  id: name,
  name,
  status: 'ACTIVE',
  task: undefined,
  powerState: 1,
  hostId: 'host',
  metadata: {},
  volumeIds: [],
  ...more,
});

/** Metadata as Nova keeps it; each call is done at once, at the moment that `turn` gives it. */
function novaOf(servers: Map<string, NovaServer>, turn: <T>(act: () => T) => Promise<T>): Nova {
  const change = (id: string, edit: (metadata: Record<string, string>) => void) =>
    turn(() => {
      const found = servers.get(id);
      if (found === undefined || found.status === 'ERROR' || found.task !== undefined)
        throw new Refusal('CONFLICT', 'not in this state', { retry: 'later' });
      const metadata = { ...found.metadata };
      edit(metadata);
      servers.set(id, { ...found, metadata });
    });
  const unused = () => Promise.reject(new Error('a claim needs none of this'));
  return {
    read: (id) => turn(() => servers.get(id)),
    setMetadata: (id, more) => change(id, (metadata) => Object.assign(metadata, more)),
    dropMetadata: (id, key) => change(id, (metadata) => delete metadata[key]),
    list: unused,
    act: unused,
    attach: unused,
    detach: unused,
  };
}

const both = (more: Partial<NovaServer> = {}) =>
  new Map([server('app-1', more), server('app-2')].map((one) => [one.name, one]));

const atOnce = <T>(act: () => T): Promise<T> => new Promise((resolve) => resolve(act()));

test('of two nodes that want each other at most one shoots, in whatever order Nova hears them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const servers = both();
      const nova = novaOf(servers, (act) => scheduler.schedule(Promise.resolve()).then(act));
      const shots: string[] = [];
      const refusals: unknown[] = [];
      const shoot = (self: string, target: string) =>
        novaClaims(nova)
          .under(server(self), server(target), async () => {
            // A shot takes as long as it takes: none of the other's calls may find the claim gone before its end.
            shots.push(self);
            await new Promise(() => undefined);
          })
          .catch((error: unknown) => refusals.push(error));
      void shoot('app-1', 'app-2');
      void shoot('app-2', 'app-1');
      await scheduler.waitIdle();
      expect(shots.length).toBeLessThan(2);
      expect(shots.length + refusals.length).toBe(2);
      for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'CONFLICT', retry: 'later' });
    }),
  );
});

test('when both saw each other the one that sorts first shoots at its next try', async () => {
  const servers = both({ metadata: { 'quorate_fencing_app-2': 'mine' } });
  const nova = novaOf(servers, atOnce);
  servers.set('app-2', server('app-2', { metadata: { 'quorate_fencing_app-1': 'its' } }));
  const [one, two] = [novaClaims(nova), novaClaims(nova)];
  const shoot = (claims: typeof one, self: string, target: string) =>
    claims.under(server(self), server(target), async () => 'shot');
  await expect(shoot(one, 'app-1', 'app-2')).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(shoot(two, 'app-2', 'app-1')).rejects.toMatchObject({ code: 'CONFLICT' });
  servers.set('app-2', server('app-2'));
  expect(await shoot(one, 'app-1', 'app-2')).toBe('shot');
  expect(servers.get('app-1')?.metadata).toEqual({});
});

test('a claim that nobody renews is void after a while, and one that is renewed is not', async () => {
  const claimed = (value: string) => server('app-1', { metadata: { 'quorate_fencing_app-2': value } });
  const servers = new Map([claimed('a'), server('app-2')].map((one) => [one.name, one]));
  let now = 0;
  const claims = novaClaims(novaOf(servers, atOnce), () => now);
  const shoot = () => claims.under(server('app-2'), server('app-1'), async () => 'shot');
  await expect(shoot()).rejects.toMatchObject({ code: 'CONFLICT' });
  now = 15_000;
  servers.set('app-1', claimed('b'));
  await expect(shoot()).rejects.toMatchObject({ code: 'CONFLICT' });
  now = 30_000;
  await expect(shoot()).rejects.toMatchObject({ code: 'CONFLICT' });
  now = 36_000;
  expect(await shoot()).toBe('shot');
});

test('who is being switched off does not shoot, and who cannot claim does', async () => {
  const shootAs = (own: NovaServer) => {
    const servers = new Map([own, server('app-2')].map((one) => [one.name, one]));
    return novaClaims(novaOf(servers, atOnce)).under(own, server('app-2'), async () => 'shot');
  };
  await expect(shootAs(server('app-1', { task: 'powering-off' }))).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await shootAs(server('app-1', { task: 'image_snapshot' }))).toBe('shot');
  expect(await shootAs(server('app-1', { status: 'ERROR' }))).toBe('shot');
});
