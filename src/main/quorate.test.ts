import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exitCodes, exitMeanings } from '../cli/exit-codes.ts';
import { buildProgram } from '../cli/program.ts';

/** The program itself, as a child, on a machine where nothing was ever set up. */
const directory = mkdtempSync(join(tmpdir(), 'quorate-cli-'));
const state = join(directory, 'state');
const program = join(import.meta.dirname, 'quorate.ts');
const environment = { ...process.env, QUORATE_STATE: state, NO_COLOR: '1' };

afterAll(() => rmSync(directory, { recursive: true }));

type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const quorate = (argv: readonly string[], input = ''): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { env: environment, cwd: directory };
    const child = execFile(process.execPath, [program, ...argv], options, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });

const valid = 'apiVersion: quorate/v1\nname: web\nvips:\n  - {name: site, ports: [80]}\n';

describe('on a machine where nothing is set up', () => {
  it('only looks when it is asked to look, and makes nothing', async () => {
    expect(await quorate(['list'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No deployments yet'),
    });
    expect(await quorate(['list', '--json'])).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    expect(await quorate(['status', 'web'])).toMatchObject({ exitCode: exitCodes.notFound });
    expect(await quorate(['events', 'web'])).toMatchObject({ exitCode: exitCodes.notFound });
    expect(await quorate(['exec', 'web', 'app-1', '--', 'true'])).toMatchObject({ exitCode: exitCodes.notFound });
    expect(await quorate(['delete', 'web', '--yes'])).toMatchObject({ exitCode: exitCodes.notFound });
    expect(await quorate(['demo', '--delete'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('gone already'),
    });
    expect(existsSync(state)).toBe(false);
  });

  it('plans from nothing, the machine first', async () => {
    const { stdout } = await quorate(['plan', '-f', '-', '--json'], valid);
    const view = JSON.parse(stdout) as { done: boolean; host: { part: string }[]; plan: { steps: { kind: string }[] } };
    expect(view.done).toBe(false);
    expect(view.host.map(({ part }) => part)).toEqual(['host', 'image']);
    expect(view.plan.steps.map(({ kind }) => kind)).toEqual(['ensure-tenant', 'ensure-ground', 'boot-nodes']);
    expect(existsSync(state)).toBe(false);
  });

  it('refuses what it cannot do before it installs or stores anything', async () => {
    const elsewhere = await quorate(['apply', '-f', '-'], `${valid}cloud: moon\n`);
    expect(elsewhere).toMatchObject({ exitCode: exitCodes.notFound, stderr: expect.stringContaining('moon') });
    for (const command of ['apply', 'plan'])
      expect(await quorate([command, '-f', '-', '--cloud', 'mars'], valid)).toMatchObject({
        exitCode: exitCodes.notFound,
        stderr: expect.stringContaining('mars'),
      });
    expect(await quorate(['import', 'web', '--cloud', 'mars'])).toMatchObject({ exitCode: exitCodes.notFound });
    expect(await quorate(['image', 'upload', '--cloud', 'mars'])).toMatchObject({ exitCode: exitCodes.notFound });
    expect(await quorate(['image', 'upload', '--cloud', 'local'])).toMatchObject({ exitCode: exitCodes.invalid });
    const both =
      'roles: {worker: {nodes: 2}}\nstorageCluster: {nodes: 3, protocol: samba, shares: [{name: a, sizeGiB: 1, mount: /srv/a}]}\n';
    const beside = await quorate(['apply', '-f', '-'], valid + both);
    expect(beside).toMatchObject({ exitCode: exitCodes.refused, stderr: expect.stringContaining('not yet') });
    expect(JSON.parse((await quorate(['list', '--json'])).stdout)).toEqual([]);
  });
});

describe('a cloud that cannot be reached', () => {
  const nobody = `clouds:
  lab:
    auth: {auth_url: 'http://127.0.0.1:9/v3', username: me, password: not-a-secret, project_name: mine}
`;

  it('is a finding of doctor, and the machine’s own fitness is none of it', async () => {
    writeFileSync(join(directory, 'clouds.yaml'), nobody);
    const { exitCode, stdout } = await quorate(['doctor', '--cloud', 'lab', '--json']);
    const examination = JSON.parse(stdout) as {
      cloud: string;
      fit: boolean;
      findings: { level: string; code: string }[];
    };
    expect(exitCode).toBe(exitCodes.refused);
    expect(examination).toMatchObject({ cloud: 'lab', fit: false });
    expect(examination.findings.map(({ code, level }) => `${code} ${level}`)).toEqual([
      expect.stringMatching(/^cloud.* fail$/),
      'store ok',
    ]);
    expect(stdout).not.toContain('not-a-secret');
  });

  it('is found by name where names are completed', async () => {
    writeFileSync(join(directory, 'clouds.yaml'), nobody);
    const { stdout } = await quorate(['__complete', '--', 'doctor', '--cloud', '']);
    expect(stdout).toBe('local\tcloud\nlab\tcloud\n');
    rmSync(join(directory, 'clouds.yaml'));
  });
});

describe('files', () => {
  it('are written for a start, valid, and never over another one', async () => {
    expect(await quorate(['init', 'shop', '-o', 'shop.yaml'])).toMatchObject({ exitCode: 0 });
    expect(await quorate(['validate', 'shop.yaml'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('deployment shop'),
    });
    expect(await quorate(['init', 'other', '-o', 'shop.yaml'])).toMatchObject({ exitCode: exitCodes.refused });
    expect(readFileSync(join(directory, 'shop.yaml'), 'utf8')).toContain('name: shop');
    expect(await quorate(['init', 'other', '-o', 'shop.yaml', '--force'])).toMatchObject({ exitCode: 0 });
    expect(await quorate(['init', 'Not A Name'])).toMatchObject({ exitCode: exitCodes.invalid });
  });

  it('that are wrong are told all at once, with their places, and end with 3', async () => {
    writeFileSync(join(directory, 'bad.yaml'), `${valid}vip: []\ncluster: {nodes: 1}\n`);
    for (const argv of [
      ['validate', 'bad.yaml'],
      ['apply', '-f', 'bad.yaml'],
      ['plan', '-f', 'bad.yaml'],
    ]) {
      const ran = await quorate(argv);
      expect(ran.exitCode).toBe(exitCodes.invalid);
      expect(ran.stdout + ran.stderr).toContain('bad.yaml:5:1: error[unknown-key]');
      expect(ran.stdout + ran.stderr).toContain('bad.yaml:6:18: error[');
    }
    expect(await quorate(['validate', 'missing.yaml'])).toMatchObject({ exitCode: exitCodes.notFound });
  });

  it('that are wrong only by their addresses are refused with the place too', async () => {
    const text = 'apiVersion: quorate/v1\nname: web\nvips:\n  - {name: site, ports: [80], address: 192.0.2.7}\n';
    expect(await quorate(['validate', '-'], text)).toMatchObject({
      exitCode: exitCodes.invalid,
      stdout: expect.stringMatching(/^stdin:4:\d+: error\[address-outside-network\]/),
    });
  });

  it('are drawn, and neither drawn nor rendered without being told where to', async () => {
    const picture = join(directory, 'picture.svg');
    expect(await quorate(['render', '-f', '-', '--picture', picture], valid)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(picture, 'utf8')).toContain('cluster app: 3 members');
    expect(await quorate(['render', '-f', '-'], valid)).toMatchObject({ exitCode: 2 });
  });

  it('are rendered without any key', async () => {
    const out = join(directory, 'rendered');
    expect(await quorate(['render', '-f', '-', '-o', out], valid)).toMatchObject({ exitCode: 0 });
    const userData = readFileSync(join(out, 'nodes/app-1/user-data'), 'utf8');
    expect(userData.startsWith('#cloud-config\n')).toBe(true);
    expect(userData).toContain('PLACEHOLDER');
    expect(statSync(join(out, 'app/cib.xml')).mode & 0o777).toBe(0o644);
    expect(await quorate(['render', '-f', '-', '-o', out, '--with-secrets'], valid)).toMatchObject({
      exitCode: exitCodes.notFound,
    });
  });

  it('are rendered for another cloud than the one they name', async () => {
    const out = join(directory, 'elsewhere');
    expect(await quorate(['render', '-f', '-', '-o', out, '--cloud', 'lab'], valid)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(out, 'nodes/app-1/user-data'), 'utf8')).toContain('/root/.ssh/authorized_keys');
    expect(readFileSync(join(out, 'app/cib.xml'), 'utf8')).toContain('vip-entry');
  });

  it('have a schema', async () => {
    expect(JSON.parse((await quorate(['schema'])).stdout)).toMatchObject({ title: 'Quorate deployment' });
  });
});

describe('errors', () => {
  it('of usage end with 2 and the nearest right word', async () => {
    expect(await quorate(['aply'])).toMatchObject({
      exitCode: exitCodes.usage,
      stderr: expect.stringContaining('Did you mean apply?'),
    });
    expect(await quorate([])).toMatchObject({ exitCode: exitCodes.usage });
    expect(await quorate(['--help'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('quorate demo') });
  });

  it('are data for those who want data', async () => {
    const { stderr, stdout } = await quorate(['status', 'web', '--json']);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'NOT_FOUND', exitCode: exitCodes.notFound } });
  });

  it('never show a stack that nobody asked for', async () => {
    expect((await quorate(['status', 'web'])).stderr).not.toContain('    at ');
    expect((await quorate(['-v', 'status', 'web'])).stderr).toContain('    at ');
  });

  it('of a question that nobody can answer ask for --yes', async () => {
    expect(await quorate(['delete', 'web'])).toMatchObject({
      exitCode: exitCodes.usage,
      stderr: expect.stringContaining('--yes'),
    });
  });

  it('are not made by a reader who has had enough', async () => {
    const child = spawn(process.execPath, [program, 'schema'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('');
  });
});

describe('completion', () => {
  it('is asked for by scripts that bash accepts', async () => {
    const { stdout } = await quorate(['completion', 'bash']);
    expect(await quorate(['__complete', '--', 'stat'])).toMatchObject({ stdout: expect.stringMatching(/^status\t/) });
    writeFileSync(join(directory, 'completion.bash'), stdout);
    const bash = await new Promise<Ran>((resolve) => {
      const script = `set -eu; source completion.bash; quorate() { "${process.execPath}" "${program}" "$@"; }
COMP_WORDS=(quorate image b); COMP_CWORD=2; _quorate; echo "\${COMPREPLY[@]}"`;
      execFile('bash', ['-c', script], { cwd: directory, env: environment }, (error, out, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout: out, stderr });
      });
    });
    expect(bash).toEqual({ exitCode: 0, stdout: 'build\n', stderr: '' });
  });
});

describe('docs/cli.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');

  it('has every exit code with its meaning', () => {
    for (const [name, meaning] of Object.entries(exitMeanings)) {
      expect(text).toContain(`| ${exitCodes[name as keyof typeof exitCodes]} | ${name} | ${meaning} |`);
    }
  });

  it('has every command', () => {
    const tree = buildProgram(() => Promise.resolve(), { version: '1' });
    for (const command of tree.createHelp().visibleCommands(tree)) expect(text).toContain(`\`${command.name()}`);
  });
});
