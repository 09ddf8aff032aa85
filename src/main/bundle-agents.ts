/** The node agents' bundle, in a directory named by its content: once made it never changes, so many may read it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { recipeDigest } from '../clouds/local/image/recipe.ts';

export const agentsDirectoryOf = (stateDirectory: string): string => join(stateDirectory, 'agents');

/** Bundled anew each time (a tenth of a second), because the image is told apart by these bytes. */
export async function bundleAgents(stateDirectory: string): Promise<string> {
  const { buildAgents } = await import('../agents/build.ts');
  const directory = agentsDirectoryOf(stateDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await removeRests(directory);
  const fresh = join(directory, `${unfinished}${process.pid}`);
  await buildAgents(fresh);
  const made = join(directory, await recipeDigest([fresh]));
  // rename(2) refuses a target that is there and not empty: another one was as quick, with the same bytes.
  if (!existsSync(made)) await rename(fresh, made).catch(() => undefined);
  await rm(fresh, { recursive: true, force: true });
  return made;
}

const unfinished = 'unfinished-';

/** Of processes that were killed while they bundled. */
async function removeRests(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(unfinished));
  const dead = names.filter((name) => !existsSync(`/proc/${name.slice(unfinished.length)}`));
  await Promise.all(dead.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
