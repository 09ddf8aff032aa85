import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recipeDigest } from './recipe.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-recipe-'));
  await mkdir(join(directory, 'overlay'));
  await writeFile(join(directory, 'overlay', 'hosts'), 'localhost');
  await writeFile(join(directory, 'packages.list'), 'pacemaker');
});
afterEach(() => rm(directory, { recursive: true }));

test('the same files give the same digest wherever they lie', async () => {
  const before = await recipeDigest([directory]);
  await rename(directory, `${directory}-moved`);
  directory = `${directory}-moved`;
  expect(await recipeDigest([directory])).toBe(before);
});

test('a changed, a renamed and a new file each give another digest', async () => {
  const digests = [await recipeDigest([directory])];
  await writeFile(join(directory, 'packages.list'), 'pacemaker\ncurl');
  digests.push(await recipeDigest([directory]));
  await rename(join(directory, 'overlay', 'hosts'), join(directory, 'overlay', 'host'));
  digests.push(await recipeDigest([directory]));
  await writeFile(join(directory, 'overlay', 'motd'), '');
  digests.push(await recipeDigest([directory]));
  expect(new Set(digests).size).toBe(digests.length);
});

test('what only people read needs no new image', async () => {
  const before = await recipeDigest([directory]);
  await writeFile(join(directory, 'README.md'), 'words');
  expect(await recipeDigest([directory])).toBe(before);
});
