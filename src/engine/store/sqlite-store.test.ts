import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { newStateDirectory } from '../state-directory-test-kit.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { storeContract } from './store.contract.ts';

describe('the SQLite store', () => {
  storeContract(() => openSqliteStore(newStateDirectory()));

  it('keeps its files from everyone else, whatever the umask', async () => {
    const directory = join(newStateDirectory(), 'new');
    const before = process.umask(0);
    const store = await openSqliteStore(directory);
    await store.append({ deployment: 'shop', at: 1, kind: 'noted', message: 'x' });
    process.umask(before);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual({
      'quorate.db': 0o600,
      'quorate.db-wal': 0o600,
      'quorate.db-shm': 0o600,
    });
    await store.close();
  });

  it('refuses a directory that others can write', async () => {
    const directory = newStateDirectory();
    chmodSync(directory, 0o777);
    await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  });

  it('refuses a file that is no store, and leaves it alone', async () => {
    const directory = newStateDirectory();
    writeFileSync(join(directory, 'quorate.db'), 'this is somebody’s diary, not a database at all\n'.repeat(100));
    await expect(openSqliteStore(directory)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(statSync(join(directory, 'quorate.db')).size).toBeGreaterThan(4000);
  });

  it('is made once when many processes start at once', async () => {
    const directory = newStateDirectory();
    const results = await Promise.all(Array.from({ length: 6 }, () => child(directory, appendOnce)));
    expect(results).toEqual(Array.from({ length: 6 }, () => ({ code: 0, stderr: '' })));
    const store = await openSqliteStore(directory);
    expect(await store.events('shop', 0)).toHaveLength(6);
    await store.close();
  }, 30_000);

  it('has everything that was acknowledged before a SIGKILL', async () => {
    const directory = newStateDirectory();
    for (let round = 0; round < 5; round += 1) {
      const acknowledged = await killedWhileAppending(directory, `shop-${round}`, 80 + round * 37);
      const store = await openSqliteStore(directory);
      const stored = (await store.events(`shop-${round}`, 0)).map((event) => Number(event.message));
      await store.close();
      // One more may be stored than was acknowledged; none may be missing, and none half-written.
      expect(stored.length - acknowledged).toBeGreaterThanOrEqual(0);
      expect(stored.length - acknowledged).toBeLessThanOrEqual(1);
      expect(stored).toEqual(stored.map((_, index) => index));
    }
  }, 60_000);
});

const module_ = JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href);
const appendOnce = `
  const { openSqliteStore } = await import(${module_});
  const store = await openSqliteStore(process.argv[1]);
  await store.append({ deployment: 'shop', at: 1, kind: 'noted', message: 'x' });
  await store.close();`;
const appendForever = (deployment: string) => `
  import { writeSync } from 'node:fs';
  const { openSqliteStore } = await import(${module_});
  const store = await openSqliteStore(process.argv[1]);
  for (let count = 0; count < 900; count += 1) {
    await store.append({ deployment: '${deployment}', at: 1, kind: 'noted', message: String(count) });
    writeSync(1, count + '\\n');
  }
  await new Promise((resolve) => setTimeout(resolve, 60_000));`;

async function child(directory: string, program: string): Promise<{ code: number | null; stderr: string }> {
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program, directory];
  const running = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const stderr = text(running.stderr);
  const code = await new Promise<number | null>((resolve) => running.once('close', resolve));
  return { code, stderr: await stderr };
}

/** How many appends the process had been told of as done when it was killed. */
async function killedWhileAppending(directory: string, deployment: string, afterMs: number): Promise<number> {
  const running = spawn(process.execPath, ['--input-type=module', '-e', appendForever(deployment), directory]);
  let lines = 0;
  running.stdout.on('data', (chunk: Buffer) => {
    if (lines === 0) setTimeout(() => running.kill('SIGKILL'), afterMs);
    lines += chunk.toString().split('\n').length - 1;
  });
  await new Promise((resolve) => running.once('close', resolve));
  return lines;
}
