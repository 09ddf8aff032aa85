import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeNodeCertificate } from '../../engine/secrets/certificate.ts';
import { runFenceQuorate } from './fence-quorate.ts';

const SECRET = 'do-not-print-me';

async function run(argv: readonly string[], stdin = '') {
  const said = { out: '', log: '' };
  const io = { out: (text: string) => (said.out += text), log: (line: string) => (said.log += `${line}\n`) };
  const exitCode = await runFenceQuorate(argv, () => stdin, io);
  return { exitCode, ...said };
}

function configFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-fence-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'cloud.json');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const { certificate, key } = await makeNodeCertificate('fence-test');
/** Port 9 of the loopback: nothing listens. */
const ACCESS = {
  kind: 'incus',
  url: 'https://127.0.0.1:9',
  project: 'p',
  certificate,
  key,
  serverCertificate: certificate,
};
const unreachable = () => configFile(JSON.stringify(ACCESS));

describe('fence_quorate', () => {
  it('prints its metadata whichever way it is asked, without any configuration', async () => {
    const byArgument = await run(['-o', 'metadata']);
    expect(byArgument).toMatchObject({ exitCode: 0, log: '' });
    expect(await run([], 'action=metadata\n')).toEqual(byArgument);
  });

  it('answers start and stop with success, as the other agents do', async () => {
    expect((await run([], 'action=start\n')).exitCode).toBe(0);
    expect((await run([], 'action=stop\n')).exitCode).toBe(0);
  });

  it('fails every action that needs the cloud when that does not answer, and says so in one line', async () => {
    const file = unreachable();
    for (const action of ['off', 'on', 'reboot', 'status', 'monitor', 'list']) {
      const stdin = `action=${action}\nplug=app-1\nconfig_file=${file}\npower_timeout=1\nshell_timeout=1\n`;
      const { exitCode, out, log } = await run([], stdin);
      expect({ action, exitCode, out, lines: log.split('\n').length - 1 }).toEqual({
        action,
        exitCode: 1,
        out: '',
        lines: 1,
      });
      expect(log).toContain('does not answer');
    }
  }, 15_000);

  it('fails when it is to switch a node and none is named', async () => {
    expect(await run(['-o', 'off', '--config-file', unreachable()])).toMatchObject({ exitCode: 1, out: '' });
  });

  it('validates its configuration without the cloud, and never repeats what stands in it', async () => {
    expect((await run(['-o', 'validate-all', '--config-file', unreachable()])).exitCode).toBe(0);
    const broken = [
      `{"key": "${SECRET}"`,
      `{"kind": "incus", "key": "${SECRET}"}`,
      `{"kind": "${SECRET}"}`,
      `"${SECRET}"`,
    ];
    for (const text of broken) {
      const { exitCode, out, log } = await run(['-v', '-o', 'validate-all', '--config-file', configFile(text)]);
      expect(exitCode).toBe(1);
      expect(out + log).not.toContain(SECRET);
    }
    const missing = await run(['-o', 'validate-all', '--config-file', '/nonexistent/cloud.json']);
    expect(missing).toMatchObject({ exitCode: 1, log: expect.stringContaining('ENOENT') });
  });
});
