/** The files that commands read and write for a person, with refusals that name the file. */
import { closeSync, fchmodSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal } from '../kernel/refusal.ts';
import type { Session, Source } from './shell.ts';

/** `-` is standard input. Kept in the session, for errors about it. Throws NOT_FOUND, INVALID_INPUT. */
export async function readSource(session: Session, file: string): Promise<Source> {
  const source = file === '-' ? { file: 'stdin', text: await session.stdin.text() } : { file, text: readText(file) };
  session.sources.push(source);
  return source;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      const next = `\`quorate init -o ${file}\` writes one to start from`;
      throw new Refusal('NOT_FOUND', `there is no file ${file}`, { retry: 'never', next });
    }
    throw new Refusal('INVALID_INPUT', `${file} cannot be read`, { retry: 'never', cause });
  }
}

/** Throws CONFLICT for a file that is there, unless forced. */
export function writeNewFile(file: string, text: string, { force }: { readonly force: boolean }): void {
  try {
    const opened = openSync(file, force ? 'w' : 'wx', 0o644);
    writeSync(opened, text);
    closeSync(opened);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new Refusal('CONFLICT', `${file} exists already`, {
        retry: 'never',
        next: 'choose another file with -o, or overwrite it with --force',
      });
    }
    throw notWritten(file, cause);
  }
}

/** The mode holds before the first byte is in the file, and for one that was there before. */
export function writeFileIn(directory: string, path: string, text: string, mode: number): void {
  const file = join(directory, path);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
    const opened = openSync(file, 'a', mode);
    fchmodSync(opened, mode);
    ftruncateSync(opened);
    writeSync(opened, text);
    closeSync(opened);
  } catch (cause) {
    throw notWritten(file, cause);
  }
}

const notWritten = (file: string, cause: unknown): Refusal =>
  codeOf(cause) === 'ENOSPC'
    ? new Refusal('DISK_FULL', `no space left for ${file}`, { retry: 'never', next: 'free some space', cause })
    : new Refusal('INVALID_INPUT', `${file} cannot be written`, {
        retry: 'never',
        next: 'choose another place with -o',
        cause,
      });

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
