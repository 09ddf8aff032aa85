/** State directories for tests. Apart from `engine-test-kit.ts`, which processes that are no tests use as well. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Gone once the tests of the file have ended. */
export function newStateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-engine-'));
  directories.push(directory);
  return directory;
}
