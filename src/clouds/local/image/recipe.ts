/** What the node image is made from, as one digest: the same recipe needs no new image. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Sixty-four hexadecimal digits over names and contents of every file below the directories; what only people read does not count. */
export async function recipeDigest(directories: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const directory of directories) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.toSorted()) {
      // A digest a file, so that no byte can wander from one file to the next unnoticed.
      const content = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      hash.update(`${relative(directory, file)}\0${content}\n`);
    }
  }
  return hash.digest('hex');
}
