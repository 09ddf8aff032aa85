/** What every store guarantees. Run by each store's own test with a way to open an empty one. */
import { afterEach, describe, expect, it } from 'vitest';
import { emptyRoster } from '../../topology/topology.ts';
import type { DeploymentRecord } from '../engine.ts';
import type { Lease, NewEvent, Store } from './store.ts';

const wish = (name: string, generation = 1): DeploymentRecord => ({
  name,
  cloud: 'local',
  generation,
  specText: `name: ${name}\n`,
  desired: 'present',
  roster: { ...emptyRoster, tiers: { app: { live: [1, 2], next: 3 } } },
  createdAt: 1_790_000_000_000,
  updatedAt: 1_790_000_000_001,
});

const event = (deployment: string, message = 'something happened'): NewEvent => ({
  deployment,
  at: 1_790_000_000_002,
  kind: 'noted',
  message,
});

export function storeContract(openEmpty: () => Promise<Store>): void {
  const open: Store[] = [];
  const store = async () => {
    const opened = await openEmpty();
    open.push(opened);
    return opened;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  const lease = async (db: Store, deployment: string, now = 1000): Promise<Lease> => {
    const answer = await db.acquire({ deployment, holder: 'tester', now, expiresAt: now + 1000 });
    expect(answer.state).toBe('ours');
    return answer.lease;
  };

  describe('wishes', () => {
    it('reads a roster that an older version wrote, with what was not handed out then', async () => {
      const db = await store();
      const { attach, ...older } = emptyRoster;
      expect(attach).toEqual({});
      await db.save({ ...wish('old'), roster: older as DeploymentRecord['roster'] }, 0, event('old'));
      expect((await db.get('old'))?.roster).toEqual(emptyRoster);
    });

    it('are read back as they were saved, in the order of their names', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop'));
      await db.save(wish('billing'), 0, event('billing'));
      expect(await db.get('shop')).toEqual(wish('shop'));
      expect((await db.list()).map((each) => each.name)).toEqual(['billing', 'shop']);
      expect(await db.get('absent')).toBeUndefined();
    });

    it('are saved only over the generation that the writer has seen, with their event or not at all', async () => {
      const db = await store();
      expect(await db.save(wish('shop'), 0, event('shop'))).toMatchObject({ kind: 'noted' });
      expect(await db.save(wish('shop'), 0, event('shop'))).toBeUndefined();
      expect(await db.save(wish('shop', 2), 1, event('shop'))).toMatchObject({ kind: 'noted' });
      expect(await db.save(wish('shop', 2), 1, event('shop'))).toBeUndefined();
      expect(await db.get('shop')).toMatchObject({ generation: 2 });
      expect(await db.events('shop', 0)).toHaveLength(2);
    });
  });

  describe('secrets', () => {
    it('stay as they were first written', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop'));
      const held = await lease(db, 'shop');
      await db.addSecrets(held, { one: 'first' });
      expect(await db.addSecrets(held, { one: 'second', two: 'other' })).toBe(true);
      expect(await db.secrets('shop')).toEqual({ one: 'first', two: 'other' });
      expect(await db.secrets('absent')).toEqual({});
    });

    it('are not taken from a holder that lost its lease', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop'));
      const old = await lease(db, 'shop', 1000);
      await lease(db, 'shop', 5000);
      expect(await db.addSecrets(old, { one: 'late' })).toBe(false);
      expect(await db.secrets('shop')).toEqual({});
    });
  });

  describe('adopting', () => {
    it('stores record, secrets and event together', async () => {
      const db = await store();
      expect(await db.adopt(wish('shop'), { one: 'x' }, event('shop', 'adopted'))).toMatchObject({
        message: 'adopted',
      });
      expect(await db.get('shop')).toEqual(wish('shop'));
      expect(await db.secrets('shop')).toEqual({ one: 'x' });
    });

    it('stores nothing where the name is taken', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop', 'made'));
      expect(await db.adopt(wish('shop'), { one: 'x' }, event('shop'))).toBeUndefined();
      expect(await db.secrets('shop')).toEqual({});
      expect(await db.events('shop', 0)).toHaveLength(1);
    });
  });

  describe('forgetting', () => {
    it('deletes record and secrets, and keeps the events', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop', 'made'));
      const held = await lease(db, 'shop');
      await db.addSecrets(held, { one: 'x' });
      expect(await db.forget(held, 1, event('shop', 'gone'))).toMatchObject({ message: 'gone' });
      expect(await db.get('shop')).toBeUndefined();
      expect(await db.secrets('shop')).toEqual({});
      expect((await db.events('shop', 0)).map((each) => each.message)).toEqual(['made', 'gone']);
    });

    it('is refused to a holder that lost its lease, and for a wish that changed meanwhile', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop'));
      const old = await lease(db, 'shop', 1000);
      const current = await lease(db, 'shop', 5000);
      expect(await db.forget(old, 1, event('shop'))).toBeUndefined();
      expect(await db.forget(current, 7, event('shop'))).toBeUndefined();
      expect(await db.get('shop')).toBeDefined();
      expect(await db.events('shop', 0)).toHaveLength(1);
    });
  });

  describe('events', () => {
    it('are numbered upwards over all deployments and read from any number on', async () => {
      const db = await store();
      const first = await db.append({ ...event('shop'), data: { nodes: ['app-1'] } });
      await db.append(event('billing'));
      const last = await db.append(event('shop', 'later'));
      expect(last.seq).toBeGreaterThan(first.seq);
      expect(await db.events('shop', 0)).toEqual([first, last]);
      expect(await db.events('shop', first.seq)).toEqual([last]);
      expect(first.data).toEqual({ nodes: ['app-1'] });
    });

    it('are bounded: the oldest of a deployment go, those of others stay', async () => {
      const db = await store();
      await db.append(event('billing'));
      for (let count = 0; count < 1250; count += 1) await db.append(event('shop', String(count)));
      const kept = await db.events('shop', 0);
      expect(kept.length).toBeGreaterThanOrEqual(1000);
      expect(kept.length).toBeLessThanOrEqual(1100);
      expect(kept.at(-1)?.message).toBe('1249');
      expect(await db.events('billing', 0)).toHaveLength(1);
    }, 60_000);
  });

  describe('leases', () => {
    it('go to one of many who ask at once', async () => {
      const db = await store();
      const ask = (holder: string) => db.acquire({ deployment: 'shop', holder, now: 1000, expiresAt: 2000 });
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map(ask));
      const winners = answers.filter((answer) => answer.state === 'ours');
      expect(winners).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.lease.holder)).size).toBe(1);
    });

    it('are refused with the name of the holder until they expire, then go on with a greater token', async () => {
      const db = await store();
      const first = await lease(db, 'shop', 1000);
      const early = await db.acquire({ deployment: 'shop', holder: 'b', now: 1999, expiresAt: 9000 });
      expect(early).toEqual({ state: 'theirs', lease: first, expiresAt: 2000 });
      const late = await db.acquire({ deployment: 'shop', holder: 'b', now: 2000, expiresAt: 9000 });
      expect(late).toMatchObject({ state: 'ours', lease: { holder: 'b', token: first.token + 1 } });
      expect(await db.renew(first, 99_000)).toBe(false);
    });

    it('are kept by renewing', async () => {
      const db = await store();
      const held = await lease(db, 'shop', 1000);
      expect(await db.renew(held, 8000)).toBe(true);
      const other = await db.acquire({ deployment: 'shop', holder: 'b', now: 5000, expiresAt: 9000 });
      expect(other).toMatchObject({ state: 'theirs', expiresAt: 8000 });
    });

    it('of a dead holder are taken before they expire, but only that very one', async () => {
      const db = await store();
      const dead = await lease(db, 'shop', 1000);
      const heir = await db.acquire({ deployment: 'shop', holder: 'b', now: 1001, expiresAt: 2000, dead });
      expect(heir.state).toBe('ours');
      const second = await db.acquire({ deployment: 'shop', holder: 'c', now: 1002, expiresAt: 2000, dead });
      expect(second).toMatchObject({ state: 'theirs', lease: heir.lease });
    });

    it('are free once released, and the token still grows', async () => {
      const db = await store();
      const first = await lease(db, 'shop');
      await db.release(first);
      const second = await lease(db, 'shop');
      expect(second.token).toBeGreaterThan(first.token);
      await db.release(first);
      expect((await db.acquire({ deployment: 'shop', holder: 'b', now: 1001, expiresAt: 2 })).state).toBe('theirs');
    });

    it('of a deployment outlive it, so that an old holder stays old when the name is used again', async () => {
      const db = await store();
      await db.save(wish('shop'), 0, event('shop'));
      const old = await lease(db, 'shop', 1000);
      await db.forget(old, 1, event('shop'));
      await db.release(old);
      await db.save(wish('shop'), 0, event('shop'));
      expect((await lease(db, 'shop', 1001)).token).toBeGreaterThan(old.token);
    });
  });
}
