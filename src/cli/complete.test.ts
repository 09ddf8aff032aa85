import { describe, expect, it } from 'vitest';
import { complete } from './complete.ts';
import { buildProgram } from './program.ts';

const names = {
  deployments: async () => ['billing', 'web'],
  nodes: async (deployment: string) => [`${deployment}-app-1`],
  clouds: async () => ['local', 'lab', 'production'],
};

/** The candidates' words for the words typed; the last one is unfinished. */
async function after(...words: string[]): Promise<readonly string[]> {
  const program = buildProgram(() => Promise.resolve(), { version: '1' });
  return (await complete(program, words, names)).map(({ word }) => word);
}

describe('completion', () => {
  it('knows the commands, and those below a command', async () => {
    expect(await after('st')).toEqual(['status']);
    expect(await after('image', '')).toEqual(['build', 'upload']);
    expect(await after('')).toContain('demo');
    expect(await after('')).not.toContain('__complete');
  });

  it('takes deployments and nodes from the store', async () => {
    expect(await after('status', '')).toEqual(['billing', 'web']);
    expect(await after('delete', '--yes', 'b')).toEqual(['billing']);
    expect(await after('exec', 'web', '')).toEqual(['web-app-1']);
    expect(await after('--json', '--state', '/tmp', 'ssh', 'web', '')).toEqual(['web-app-1']);
  });

  it('knows the options of a command, the global ones, and their values', async () => {
    expect(await after('apply', '--ti')).toEqual(['--timeout']);
    expect(await after('status', 'web', '--')).toEqual(expect.arrayContaining(['--watch', '--json']));
    expect(await after('init', '--scenario', 'bal')).toEqual(['balanced', 'balanced-storage']);
    expect(await after('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('takes clouds from where they are described', async () => {
    expect(await after('apply', '-f', 'x', '--cloud', 'l')).toEqual(['local', 'lab']);
    expect(await after('import', 'web', '--cloud', '')).toEqual(['local', 'lab', 'production']);
  });

  it('leaves files and directories to the shell', async () => {
    expect(await after('apply', '-f', 'exa')).toEqual([':files']);
    expect(await after('validate', 'one.yaml', '')).toEqual([':files']);
    expect(await after('render', '-f', 'x', '-o', '')).toEqual([':directories']);
  });

  it('has nothing to say where nothing can follow', async () => {
    expect(await after('status', 'web', '')).toEqual([]);
    expect(await after('exec', 'web', 'app-1', '--', 'ls', '-')).toEqual([]);
    expect(await after('nonsense', '')).toEqual([]);
  });
});
