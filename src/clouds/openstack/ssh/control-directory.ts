/**
 * Where the sockets of shared connections are: one directory a user, so that a command finds the connection that
 * the one before has made. No secret is in it, but whoever may use a socket is root on a node.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../../../kernel/refusal.ts';

/** sun_path of unix(7), less its end and the `.` and 16 characters that ssh appends while it makes the socket. */
const longestPath = 108 - 1 - 17;

/**
 * Sixteen hexadecimal digits of all that makes a connection what it is: keys and addresses. One with another key
 * is never found by this name.
 */
export const controlPathOf = (directory: string, identity: readonly string[]): string =>
  join(directory, createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16));

/** Made where it is missing. Throws TOOL_MISSING when somebody else could use what is in it. */
export async function ensureControlDirectory(temporary = tmpdir()): Promise<string> {
  const { uid } = userInfo();
  const name = `quorate-ssh-${uid}`;
  const wished = join(temporary, name);
  const directory = controlPathOf(wished, []).length <= longestPath ? wished : join('/tmp', name);
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(directory);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return directory;
  throw new Refusal('TOOL_MISSING', `${directory} is not a directory of this user alone`, {
    retry: 'never',
    next: `remove ${directory}: somebody else has made it, or opened it to others`,
  });
}
