/** An interactive command on a node, joined to a terminal or a pipe. */
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { nodeAccessOf } from '../../src/clouds/local/node-access.ts';
import { ensureAll, eventually, topologyOf } from '../contract/cloud-under-test.ts';
import { localCloudWithout } from './local-incus.ts';

const under = await localCloudWithout('contract');

describe('a shell on a node', { timeout: 180_000 }, () => {
  const topology = topologyOf('contract');
  beforeAll(async () => {
    await ensureAll(under, topology);
  });

  /** A terminal made by hand: what a person types goes in, what the screen shows comes out. */
  const terminal = (isTTY: boolean) => {
    const rawModes: boolean[] = [];
    const setRawMode = (raw: boolean) => rawModes.push(raw);
    const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode });
    const stdout = Object.assign(new PassThrough(), { isTTY, columns: 111, rows: 33 });
    const stderr = new PassThrough();
    const shown: Buffer[] = [];
    stdout.on('data', (data: Buffer) => shown.push(data));
    const text = () => Buffer.concat(shown).toString('utf8');
    return { streams: { stdin, stdout, stderr } as never, stdin, stdout, rawModes, text };
  };

  test('joins a terminal: its size, a change of it, raw mode, the exit code', async () => {
    const { streams, stdin, stdout, rawModes, text } = terminal(true);
    const ended = nodeAccessOf(under.client, 'contract', streams).shell('app-1', ['sh']);
    stdin.write('stty size\n');
    await eventually('the first size', async () => text().includes('33 111'));
    Object.assign(stdout, { columns: 77, rows: 22 });
    stdout.emit('resize');
    await eventually('the second size', async () => {
      stdin.write('stty size\n');
      return text().includes('22 77');
    });
    stdin.write('exit 5\n');
    expect(await ended).toBe(5);
    expect(rawModes).toEqual([true, false]);
  });

  test('joins a pipe as it is', async () => {
    const { streams, stdin, text } = terminal(false);
    const ended = nodeAccessOf(under.client, 'contract', streams).shell('app-1', ['sh', '-c', 'cat; exit 4']);
    stdin.end('from a pipe\n');
    expect(await ended).toBe(4);
    expect(text()).toBe('from a pipe\n');
  });
});
