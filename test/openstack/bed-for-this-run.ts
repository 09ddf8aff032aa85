/** Vitest's global set-up: a bed that this run had to start is stopped at its end, one that was up stays up. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { ensureBed, stopBed } from './bed.ts';

const keystone = { host: '172.24.4.1', port: 5000, timeout: 1000 };

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if ((process.env['QUORATE_TEST_OPENSTACK'] ?? '') !== '') return undefined;
  const wasUp = await answers();
  await ensureBed();
  return wasUp ? undefined : stopBed;
}

async function answers(): Promise<boolean> {
  const socket = connect(keystone);
  const timedOut = once(socket, 'timeout').then(() => false);
  const connected = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  const answer = await Promise.race([connected, timedOut]);
  socket.destroy();
  return answer;
}
