/** What every way into a node must do, whatever carries it; part of each cloud's suite, and run on SSH alone. */
import { expect, test } from 'vitest';
import type { NodeAccess } from '../../src/clouds/cloud.ts';
import { eventually } from './cloud-under-test.ts';

/** The node `app-1` is there, `app-9` is not. */
export function nodeAccessContract(access: () => NodeAccess): void {
  test('a command has its own exit code, streams and stdin', async () => {
    const { run } = access();
    expect(await run('app-1', ['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const large = `${'ä'.repeat(300_000)}\n`;
    expect(await run('app-1', ['cat'], { stdin: large })).toEqual({ exitCode: 0, stdout: large, stderr: '' });
    expect((await run('app-1', ['no-such-command'])).exitCode).toBe(127);
    expect((await run('app-1', ['sh', '-c', 'kill -9 $$'])).exitCode).toBe(137);
  });

  test('a command gets its words as they are, and ends with 255 where it wants to', async () => {
    const { run } = access();
    const words = ['', ' two  words ', "it's", '"$HOME" `id` \\', 'line\nline', '*', '-n', 'ä✓', ';&|<>()'];
    const each = words.map((word) => `<${word}>`).join('');
    expect(await run('app-1', ['printf', '<%s>', ...words])).toEqual({ exitCode: 0, stdout: each, stderr: '' });
    expect(await run('app-1', ['sh', '-c', 'echo err >&2; exit 255'])).toEqual({
      exitCode: 255,
      stdout: '',
      stderr: 'err\n',
    });
  });

  test('a command that does not end is killed and refused in time', async () => {
    const { run } = access();
    const started = Date.now();
    await expect(run('app-1', ['sleep', '4711'], { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(Date.now() - started).toBeLessThan(5000);
    await eventually(
      'the command is gone',
      async () => (await run('app-1', ['pgrep', '-f', 'sleep 4711'])).exitCode === 1,
    );
  });

  test('a node that does not exist is refused as unreachable', async () => {
    await expect(access().run('app-9', ['true'])).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
  });

  test('a file is put as a whole, with its mode, owned by root', async () => {
    const { put, run } = access();
    await put('app-1', '/etc/quorate-test/secret', 'first\n', 0o600);
    await put('app-1', '/etc/quorate-test/secret', 'second ✓', 0o640);
    const { stdout } = await run('app-1', [
      'sh',
      '-c',
      'cd /etc/quorate-test; cat secret; stat -c " %a %U:%G" secret; ls',
    ]);
    expect(stdout).toBe('second ✓ 640 root:root\nsecret\n');
  });
}
