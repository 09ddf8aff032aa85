/**
 * Makes `dist/agents/`: what the node image carries of us. `agents.mjs` goes to /usr/lib/quorate/, `fence_quorate` to
 * /usr/sbin/, `incus-volume` and `cinder-volume` to /usr/lib/ocf/resource.d/quorate/. The same sources give the same
 * bytes: the node image is rebuilt when these change, and only then.
 */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** @returns the directory that was written */
export async function buildAgents(directory: string = join(root, 'dist/agents')): Promise<string> {
  mkdirSync(directory, { recursive: true });
  await build({
    // Names in the output are relative to this.
    absWorkingDir: root,
    entryPoints: ['src/agents/main.ts'],
    outfile: join(directory, 'agents.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifySyntax: true,
    logLevel: 'warning',
  });
  for (const name of ['fence_quorate', 'incus-volume', 'cinder-volume']) {
    copyFileSync(join(root, 'src/agents/executables', name), join(directory, name));
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

if (import.meta.main) await buildAgents();
