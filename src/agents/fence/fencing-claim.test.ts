import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../kernel/refusal.ts';
import type { ProjectCall } from '../incus/project-call.ts';
import { underClaim } from './fencing-claim.ts';

/** Profiles as Incus keeps them; each call is done at once, at the moment that `turn` gives it. */
function profilesOf(profiles: Map<string, unknown>, turn: <T>(act: () => T) => Promise<T>): ProjectCall {
  const answer = (metadata: unknown) => ({ type: 'sync', metadata }) as const;
  const absent = () => new Refusal('NOT_FOUND', 'no such profile', { retry: 'never' });
  return {
    call: (method, path, body) =>
      turn(() => {
        const given = body as { readonly name?: string; readonly config?: unknown } | undefined;
        const name = given?.name ?? path.split('/').at(-1) ?? '';
        if (method === 'POST' && profiles.has(name)) throw new Refusal('CLOUD_REFUSED', 'exists', { retry: 'never' });
        if (method !== 'POST' && !profiles.has(name)) throw absent();
        if (method === 'GET') return answer(profiles.get(name));
        if (method === 'DELETE') profiles.delete(name);
        else profiles.set(name, { config: given?.config });
        return answer(null);
      }),
    callAndWait: () => Promise.reject(new Error('nothing here starts an operation')),
  };
}

const atOnce = <T>(act: () => T): Promise<T> => new Promise((resolve) => resolve(act()));

test('of two nodes that want each other at most one shoots, in whatever order the cloud hears them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const profiles = new Map<string, unknown>();
      const cloud = profilesOf(profiles, (act) => scheduler.schedule(Promise.resolve()).then(act));
      const shots: string[] = [];
      const refusals: unknown[] = [];
      const shoot = (self: string, target: string) =>
        underClaim(cloud, self, target, async () => {
          // A shot takes as long as it takes: none of the other's calls may find the claim gone before its end.
          shots.push(self);
          await new Promise(() => undefined);
        }).catch((error: unknown) => refusals.push(error));
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
  const profiles = new Map<string, unknown>();
  const cloud = profilesOf(profiles, atOnce);
  profiles.set('fencing-app-1', { config: { 'user.quorate.at': String(Date.now()) } });
  await expect(underClaim(cloud, 'app-1', 'app-2', async () => 'shot')).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(underClaim(cloud, 'app-2', 'app-1', async () => 'shot')).rejects.toMatchObject({ code: 'CONFLICT' });
  profiles.delete('fencing-app-1');
  expect(await underClaim(cloud, 'app-1', 'app-2', async () => 'shot')).toBe('shot');
  expect([...profiles.keys()]).toEqual([]);
});

test('a claim of a node that died before it shot hinders nobody for long', async () => {
  const profiles = new Map<string, unknown>([
    ['fencing-app-2', { config: { 'user.quorate.at': String(Date.now() - 30_000) } }],
  ]);
  expect(await underClaim(profilesOf(profiles, atOnce), 'app-2', 'app-1', async () => 'shot')).toBe('shot');
});
