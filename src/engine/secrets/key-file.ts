import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../../kernel/refusal.ts';

const keyBytes = 32;

/** The sealing key. Throws NOT_FOUND, and TOOL_MISSING when others can read it or it is cut short. */
export function readKey(stateDirectory: string): Buffer {
  const path = join(stateDirectory, 'key');
  const file = openKey(path);
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) {
      throw unusable(`${path} can be read by others`, `chmod 600 ${path}, and think of who may have read it`);
    }
    const key = readFileSync(file);
    if (key.length !== keyBytes) throw unusable(`${path} does not hold ${keyBytes} bytes`, 'put it back from a backup');
    return key;
  } finally {
    closeSync(file);
  }
}

/** The same, made on first use. Of several that make it at once one wins, and all get that one's. */
export function readOrMakeKey(stateDirectory: string): Buffer {
  try {
    return readKey(stateDirectory);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'NOT_FOUND') throw error;
    makeKey(stateDirectory);
    return readKey(stateDirectory);
  }
}

/**
 * Written aside and synced, then linked to its name: a link, unlike a rename, never replaces a key that is
 * there, and the name never shows half a key, whenever we are killed.
 */
function makeKey(stateDirectory: string): void {
  const path = join(stateDirectory, 'key');
  const aside = join(stateDirectory, `key.${process.pid}.${randomBytes(4).toString('hex')}`);
  const file = openSync(aside, 'wx', 0o600);
  try {
    writeSync(file, randomBytes(keyBytes));
    fsyncSync(file);
    linkSync(aside, path);
    syncDirectory(stateDirectory);
  } catch (error) {
    if (codeOf(error) === 'ENOSPC') {
      throw new Refusal('DISK_FULL', `no space left for ${path}`, {
        retry: 'never',
        next: 'free some space',
        cause: error,
      });
    }
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(file);
    unlinkSync(aside);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

function openKey(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new Refusal('NOT_FOUND', `the key that seals the stored secrets is not there: ${path}`, {
        retry: 'never',
        next: 'put it back from a backup; without it the stored secrets cannot be read',
        cause: error,
      });
    }
    throw unusable(
      `${path} cannot be read (${String(codeOf(error))})`,
      'run as the user who owns the state directory',
      error,
    );
  }
}

const unusable = (message: string, next: string, cause?: unknown) =>
  new Refusal('TOOL_MISSING', message, { retry: 'never', next, cause });

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
