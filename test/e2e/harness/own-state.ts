/**
 * A state directory, and so a local cloud, of the test's own: for harm that no other deployment of the machine
 * may feel. Imported before everything else, because the rest of the harness reads QUORATE_STATE when it loads.
 * The node image is copied from the machine's usual state directory where it is, so that it need not be built.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const usual = process.env['QUORATE_STATE'] ?? '/var/lib/quorate';

export const ownState = mkdtempSync(join(tmpdir(), 'e2e-state-'));
process.env['QUORATE_STATE'] = ownState;

if (existsSync(join(usual, 'images')))
  cpSync(join(usual, 'images'), join(ownState, 'images'), {
    recursive: true,
    // Neither a build under way nor its lock.
    filter: (source) => !/\.(work-\d+|lock.*)$/.test(source),
  });

afterAll(async () => {
  // Loaded only now: it reads QUORATE_STATE.
  const { quorateDone } = await import('./quorate.ts');
  await quorateDone(['host', 'remove', '--yes']);
  rmSync(ownState, { recursive: true });
});
