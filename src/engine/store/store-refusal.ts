import { Refusal } from '../../kernel/refusal.ts';

/** The world's part among SQLite's errors (https://www.sqlite.org/rescode.html); undefined for a bug of ours. */
export function storeRefusal(error: unknown): Refusal | undefined {
  const errcode = resultCode(error);
  if (errcode === undefined) return undefined;
  // The low byte is the primary code.
  switch (errcode & 0xff) {
    case 5: // BUSY
    case 6: // LOCKED
      return new Refusal('BUSY', 'the store is locked by another process', { retry: 'later', cause: error });
    case 13: // FULL
      return new Refusal('DISK_FULL', 'the store cannot grow: its disk is full', {
        retry: 'never',
        next: 'free some space where the state directory lives, then run the same command again',
        cause: error,
      });
    case 8: // READONLY
    case 10: // IOERR
    case 14: // CANTOPEN
      return new Refusal('TOOL_MISSING', 'the store cannot be read or written', {
        retry: 'never',
        next: 'check the owner, the permissions and the disk of the state directory',
        cause: error,
      });
    case 11: // CORRUPT
    case 26: // NOTADB
      return new Refusal('CONFLICT', 'the store is damaged or is no store of ours', {
        retry: 'never',
        next: 'put quorate.db back from a backup, or move it away to start with an empty one',
        cause: error,
      });
    default:
      return undefined;
  }
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}
