/**
 * A large file of user data, made small: Nova takes no more than 65,535 bytes of Base64 for a server, and a CIB of
 * some hundred remote nodes alone is more. Small ones stay as they are, to be read by people.
 * Follows cloud-init's `write_files` (`encoding`), Nova's `max_user_data_size`.
 */
import { gzipSync } from 'node:zlib';

export type WriteFile = {
  readonly path: string;
  readonly owner?: string;
  readonly permissions: string;
  readonly encoding?: 'b64' | 'gz+b64';
  readonly content: string;
};

/** A sixteen-member cluster stays below it: what most people look at is readable. */
const readableCharacters = 10_000;

export function packFile(file: WriteFile): WriteFile {
  if (file.encoding !== undefined || file.content.length <= readableCharacters) return file;
  return { ...file, encoding: 'gz+b64', content: gzipSync(file.content, { level: 9 }).toString('base64') };
}
