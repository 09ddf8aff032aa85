// Exits 0 when node_modules holds what package-lock.json names: npm writes the list of what it installed
// into node_modules/.package-lock.json, as its last act. Runs on any Node.js from 18 on, so no TypeScript.
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const packagesOf = (file) => JSON.parse(readFileSync(new URL(file, root), 'utf8')).packages;

/** Optional packages are for other platforms too, and only theirs may be absent. */
const isForHere = ({ os, cpu, libc }) =>
  os?.includes(process.platform) && cpu?.includes(process.arch) && !(libc?.length === 1 && libc[0] === 'musl');

const installed = packagesOf('node_modules/.package-lock.json');
const matches = Object.entries(packagesOf('package-lock.json')).every(([path, wanted]) => {
  if (path === '') return true;
  if (installed[path] === undefined || !existsSync(new URL(path, root)))
    return wanted.optional === true && !isForHere(wanted);
  return installed[path].version === wanted.version;
});
process.exit(matches ? 0 : 1);
