import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildAgents } from './build.ts';

const build = () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-agents-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return buildAgents(directory);
};

describe('buildAgents', () => {
  it('gives the same bytes wherever it writes, with no path of this machine in them', async () => {
    const [one, other] = await Promise.all([build(), build()]);
    const bundle = readFileSync(join(one, 'agents.mjs'), 'utf8');
    expect(readFileSync(join(other, 'agents.mjs'), 'utf8')).toBe(bundle);
    expect(bundle).not.toContain(process.cwd());
    expect(bundle).not.toContain(tmpdir());
  });

  it('needs nothing but Node.js', async () => {
    const bundle = readFileSync(join(await build(), 'agents.mjs'), 'utf8');
    const imported = [...bundle.matchAll(/^import .* from "(.*)";$/gm)].map(([, name]) => name?.replace('node:', ''));
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((name) => !builtinModules.includes(name ?? ''))).toEqual([]);
  });

  it('runs as one file, and exits as the agent asked for says', async () => {
    const bundle = join(await build(), 'agents.mjs');
    expect(execFileSync(process.execPath, [bundle, 'fence_quorate', '-o', 'metadata'], { encoding: 'utf8' })).toContain(
      'fence_quorate',
    );
    expect(spawnSync(process.execPath, [bundle, 'incus-volume', 'promote']).status).toBe(3);
    expect(spawnSync(process.execPath, [bundle, 'fence_quorate'], { input: 'action=start\n' }).status).toBe(0);
    expect(spawnSync(process.execPath, [bundle]).status).toBe(1);
  });

  it('makes a monitor of a volume that answers as the bundle does, without starting Node.js', async () => {
    const executable = join(await build(), 'incus-volume');
    const monitor = (path: string) =>
      spawnSync(executable, ['monitor'], {
        env: { OCF_RESKEY_volume: 'data', OCF_RESKEY_path: path, PATH: '/nonexistent' },
      }).status;
    expect(monitor('/proc')).toBe(0);
    expect(monitor('/proc/nothing')).toBe(7);
    const cinder = join(await build(), 'cinder-volume');
    const env = { OCF_RESKEY_volume: 'data', OCF_RESKEY_device: '/dev/null', PATH: '/nonexistent' };
    expect(spawnSync(cinder, ['monitor'], { env }).status).toBe(7);
  });
});
