/** The way into nodes by SSH, on real OpenSSH at both ends, with the entry in between. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeAccess } from '../../src/clouds/cloud.ts';
import { createSshAccess } from '../../src/clouds/openstack/ssh/ssh-access.ts';
import { makeSshKeyPair } from '../../src/engine/secrets/ssh-key-pair.ts';
import { eventually } from '../contract/cloud-under-test.ts';
import { nodeAccessContract } from '../contract/node-access.contract.ts';
import { type SshNodes, startSshNodes } from './ssh-nodes.ts';

let nodes: SshNodes;
const toEntry = async () => nodes.entryAddress;
const access = (): NodeAccess => createSshAccess(nodes.topology, nodes.secrets, toEntry);

beforeAll(async () => {
  nodes = await startSshNodes();
});
afterAll(() => nodes?.remove());

describe('nodes reached by SSH', () => {
  nodeAccessContract(access);

  it('are reached behind the entry, each as itself', async () => {
    const where = async (node: string) =>
      (await access().run(node, ['ip', '-br', '-4', 'address', 'show', 'inside'])).stdout.split(/\s+/)[2];
    const services = nodes.topology.clusters[0]?.members.map((node) => node.addresses[1]?.address);
    expect([await where('app-1'), await where('app-2')]).toEqual(services?.slice(0, 2).map((each) => `${each}/24`));
  });

  it('take several commands at once over one connection', async () => {
    const { run } = access();
    const echoed = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => (await run('app-2', ['echo', String(index)])).stdout),
    );
    expect(echoed).toEqual(Array.from({ length: 8 }, (_, index) => `${index}\n`));
    const accepted = nodes.log().match(/Accepted publickey/g) ?? [];
    // Three connections in this file until here: the entry, and through it each of two nodes.
    expect(accepted).toHaveLength(3);
  });

  it('show none of their keys, and no word of a command, in any process list', async () => {
    const word = 'a-word-that-may-be-a-password';
    const fresh = createSshAccess({ ...nodes.topology, deployment: 'looked-at' }, nodes.secrets, toEntry);
    const seen = new Set<string>();
    const look = () => {
      for (const [pid, line] of commandLines()) if (line.includes('ssh')) seen.add(`${pid} ${line}`);
    };
    const looking = setInterval(look, 5);
    await fresh.run('app-2', ['sh', '-c', `sleep 1; echo ${word} >/dev/null`], { stdin: word });
    clearInterval(looking);
    const lines = [...seen].join('\n');
    expect(lines).toMatch(/ssh .*app-2/);
    expect(lines).not.toContain(word);
    for (const line of nodes.secrets.sshKey.privateKey.split('\n').filter((each) => each.length > 20))
      expect(lines).not.toContain(line);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`quorate-login-${process.pid}-`))).toEqual([]);
  });

  it('are never believed with another host key: neither the entry nor a node behind it', async () => {
    const before = nodes.log().match(/Accepted publickey/g)?.length;
    const deceived = createSshAccess(
      nodes.topology,
      { ...nodes.secrets, hostKey: makeSshKeyPair('expected') },
      toEntry,
    );
    await expect(deceived.run('app-1', ['true'])).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      message: expect.stringMatching(/entry.*host key/is),
    });
    await expect(access().run('app-3', ['true'])).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      message: expect.stringMatching(/app-3.*host key/is),
    });
    expect(nodes.log().match(/Accepted publickey/g)?.length).toBe(before);
  });

  it('refuse another key than the deployment’s, and that is said', async () => {
    const stranger = createSshAccess(nodes.topology, { ...nodes.secrets, sshKey: makeSshKeyPair('x') }, toEntry);
    await expect(stranger.run('app-1', ['true'])).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      message: expect.stringContaining('Permission denied'),
    });
  });

  it('are unreachable at once while nobody holds the entry, and before there are keys or an address', async () => {
    const startedAt = Date.now();
    const nobody = createSshAccess(nodes.topology, nodes.secrets, async () => '198.51.100.77');
    await expect(nobody.run('app-1', ['true'])).rejects.toMatchObject({ code: 'NODE_UNREACHABLE', retry: 'later' });
    expect(Date.now() - startedAt).toBeLessThan(12_000);
    for (const early of [
      createSshAccess(nodes.topology, undefined, toEntry),
      createSshAccess(nodes.topology, nodes.secrets, async () => undefined),
    ])
      await expect(early.run('app-1', ['true'])).rejects.toMatchObject({ code: 'NODE_UNREACHABLE', retry: 'later' });
  });

  it('that are lost in the middle of a command are unreachable, and reached again when they are back', async () => {
    const { run } = access();
    const sleeping = run('app-2', ['sleep', '4713']);
    await Promise.all([
      expect(sleeping).rejects.toMatchObject({ code: 'NODE_UNREACHABLE', retry: 'later' }),
      whenItRuns('sleep 4713').then(() => nodes.cut('app-2')),
    ]);
    expect(await run('app-2', ['echo', 'back'])).toEqual({ exitCode: 0, stdout: 'back\n', stderr: '' });
  });

  it('end a command that nobody waits for any more', async () => {
    const { run } = access();
    const lost = run('app-2', ['sleep', '4712'], { timeoutMs: 5_000 });
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' }),
      whenItRuns('sleep 4712').then(() => nodes.cut('app-2')),
    ]);
    await eventually('the command is gone', async () => !(await isRunning('sleep 4712')));
  });

  it('give a person a terminal, and its exit code', async () => {
    const program = `
      const { createSshAccess } = await import(${JSON.stringify(new URL('../../src/clouds/openstack/ssh/ssh-access.ts', import.meta.url).href)});
      const { topology, secrets, entryAddress } = JSON.parse(process.env.NODES);
      const { shell } = createSshAccess(topology, secrets, async () => entryAddress);
      process.exitCode = await shell('app-2', ['sh', '-c', 'tty; stty size; echo "$0"; exit 9', 'it is me']);`;
    const env = { NODES: JSON.stringify(nodes), PROGRAM: program, NODE: process.execPath };
    const inTerminal = await execa(
      'script',
      ['-qec', 'stty rows 41 cols 97; "$NODE" --input-type=module -e "$PROGRAM"', '/dev/null'],
      { env, reject: false },
    );
    expect([inTerminal.exitCode, inTerminal.stdout.replaceAll('\r', '')]).toEqual([
      9,
      expect.stringMatching(/^\/dev\/pts\/\d+\n41 97\nit is me$/),
    ]);
    const piped = await execa(process.execPath, ['--input-type=module', '-e', program], { env, reject: false });
    expect([piped.exitCode, piped.stdout]).toEqual([9, 'not a tty\nit is me']);
  });

  it('are left alone a minute later', async () => {
    await access().run('app-2', ['true']);
    const masters = () => [...commandLines()].filter(([, line]) => /^ssh .*quorate-login-/.test(line));
    expect(masters().length).toBeGreaterThan(1);
    await expect.poll(() => masters(), { timeout: 90_000, interval: 1_000 }).toEqual([]);
  }, 100_000);
});

/** The namespaces share this machine's processes. */
const isRunning = async (command: string): Promise<boolean> =>
  (await execa('pgrep', ['-f', command], { reject: false })).exitCode === 0;

const whenItRuns = (command: string): Promise<boolean> => eventually(`${command} runs`, () => isRunning(command));

function* commandLines(): Generator<readonly [pid: string, line: string]> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      yield [pid, readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      // It ended meanwhile.
    }
  }
}
