import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../kernel/clock.ts';
import { newStateDirectory } from '../state-directory-test-kit.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { acquireLease } from './hold.ts';
import { describeHolder, isProvablyDead, renderHolder, thisHolder } from './holder.ts';

const clock: Clock = { now: () => Date.now(), sleep: async () => undefined };

describe('a holder', () => {
  it('that lives is not dead', () => {
    expect(isProvablyDead(renderHolder(thisHolder()))).toBe(false);
  });

  it('whose pid now belongs to a younger process is dead', () => {
    expect(isProvablyDead(renderHolder({ ...thisHolder(), startTime: '1' }))).toBe(true);
  });

  it.each([{ bootId: 'other' }, { pidNamespace: 'pid:[1]' }, { startTime: '' }])(
    'that cannot be looked at from here is left to its expiry: %o',
    (other) => {
      expect(isProvablyDead(renderHolder({ ...thisHolder(), pid: 4_000_000, ...other }))).toBe(false);
    },
  );

  it('that nobody can read is not called dead', () => {
    expect(isProvablyDead('')).toBe(false);
    expect(describeHolder('')).toBe('another process');
  });
});

describe('a lease', () => {
  it('refuses a second worker and names the first', async () => {
    const store = await openSqliteStore(newStateDirectory());
    const held = await acquireLease(store, clock, 'shop');
    await expect(acquireLease(store, clock, 'shop')).rejects.toMatchObject({
      code: 'BUSY',
      retry: 'later',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    await held.release();
    await (await acquireLease(store, clock, 'shop')).release();
    await store.close();
  });

  it('lets its holder change nothing once another took it over', async () => {
    let now = 1000;
    const store = await openSqliteStore(newStateDirectory());
    const sleeper = await acquireLease(store, { ...clock, now: () => now }, 'shop');
    await sleeper.check();
    now += 60_000;
    const heir = await acquireLease(store, { ...clock, now: () => now }, 'shop');
    await expect(sleeper.check()).rejects.toMatchObject({ code: 'STALE_LEASE' });
    await sleeper.release();
    await heir.check();
    await heir.release();
    await store.close();
  });

  it('of a process that was killed is taken over at once', async () => {
    const directory = newStateDirectory();
    const store = await openSqliteStore(directory);
    const other = spawn(process.execPath, ['--input-type=module', '-e', holdForever, directory]);
    await new Promise((held) => other.stdout.once('data', held));
    await expect(acquireLease(store, clock, 'shop')).rejects.toMatchObject({
      message: expect.stringContaining(`process ${other.pid}`) as string,
    });
    other.kill('SIGKILL');
    await new Promise((closed) => other.once('close', closed));
    const before = Date.now();
    const heir = await acquireLease(store, clock, 'shop');
    expect(Date.now() - before).toBeLessThan(1000);
    await heir.release();
    await store.close();
  }, 20_000);
});

const holdForever = `
  const { openSqliteStore } = await import(${JSON.stringify(new URL('../store/sqlite-store.ts', import.meta.url).href)});
  const { acquireLease } = await import(${JSON.stringify(new URL('./hold.ts', import.meta.url).href)});
  const store = await openSqliteStore(process.argv[1]);
  await acquireLease(store, { now: () => Date.now() }, 'shop');
  console.log('held');
  setInterval(() => undefined, 1000);`;
