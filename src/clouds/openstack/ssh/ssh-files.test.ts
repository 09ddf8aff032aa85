import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { withSshFiles } from './ssh-files.ts';

const pair = { privateKey: 'NOT A KEY\n', publicKey: 'ssh-ed25519 not-a-key' };
const target = { alias: 'entry', address: '192.0.2.1', controlPath: '/nowhere' };
/** Above Linux's highest process id (PID_MAX_LIMIT, 4194304). */
const nobody = 4_194_305;

it('takes away what a killed process has left of its key, and nothing of one that lives', async () => {
  const forsaken = join(tmpdir(), `quorate-login-${nobody}-test`);
  const kept = join(tmpdir(), `quorate-login-${process.ppid}-test`);
  for (const directory of [forsaken, kept]) mkdirSync(directory);
  try {
    let own = '';
    await withSshFiles({ sshKey: pair, hostKey: pair }, { entry: target, target }, async (config) => {
      own = dirname(config);
      expect(statSync(own).mode & 0o777).toBe(0o700);
      expect([existsSync(forsaken), existsSync(kept)]).toEqual([false, true]);
    });
    expect(existsSync(own)).toBe(false);
  } finally {
    rmSync(kept, { recursive: true });
  }
});
