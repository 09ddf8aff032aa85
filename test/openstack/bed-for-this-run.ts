/** Vitest's global set-up: a bed that this run had to start is stopped at its end, one that was up stays up. */
import { bedIsUp, ensureBed, stopBed } from './bed.ts';

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if ((process.env['QUORATE_TEST_OPENSTACK'] ?? '') !== '') return undefined;
  const wasUp = await bedIsUp();
  await ensureBed();
  return wasUp ? undefined : stopBed;
}
