import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIncus } from './transport.ts';

const directory = mkdtempSync(join(tmpdir(), 'quorate-transport-'));
const socketPath = join(directory, 'socket');
/** An Incus that dies in the middle of its answer, as at its own shutdown. */
const server = createServer((_request, response) => {
  response.write('{"type": "sy', () => response.destroy());
});

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

test('an answer that is cut short is an Incus that cannot be reached', async () => {
  await expect(callIncus({ socketPath }, { method: 'PUT', path: '/internal/shutdown' })).rejects.toMatchObject({
    code: 'CLOUD_UNREACHABLE',
  });
});
