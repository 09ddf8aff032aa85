/**
 * The embedded store: one SQLite file, `quorate.db`, in the state directory. Write-ahead log and full sync:
 * what was stored survives a kill and a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import { Refusal } from '../../kernel/refusal.ts';
import { kyselyStore } from './kysely-store.ts';
import { migrations } from './migrations.ts';
import { kyselyDatabase } from './node-sqlite.ts';
import type { Schema } from './schema.ts';
import type { Store } from './store.ts';
import { storeRefusal } from './store-refusal.ts';

/** Another process holds the file for milliseconds only; longer means that it hangs. */
const busyTimeoutMs = 10_000;

/**
 * Opens `quorate.db` in the directory, making both where they are missing, readable by their owner only.
 * Throws TOOL_MISSING, DISK_FULL, and CONFLICT for a file that is no store of ours.
 */
export async function openSqliteStore(stateDirectory: string): Promise<Store> {
  const path = join(stateDirectory, 'quorate.db');
  const database = openDatabase(stateDirectory, path);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) });
  try {
    await migrate(database, db);
  } catch (error) {
    database.close();
    throw storeRefusal(error) ?? error;
  }
  return kyselyStore(db);
}

function openDatabase(stateDirectory: string, path: string): DatabaseSync {
  try {
    makePrivate(stateDirectory, path);
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    database.exec('pragma journal_mode = wal; pragma synchronous = full');
    return database;
  } catch (error) {
    throw storeRefusal(error) ?? fileRefusal(path, error);
  }
}

/** SQLite makes its side files with the mode of the main one, so that one is made first. */
function makePrivate(stateDirectory: string, path: string): void {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  if ((statSync(stateDirectory).mode & 0o022) !== 0) {
    throw new Refusal('TOOL_MISSING', `${stateDirectory} can be written by others`, {
      retry: 'never',
      next: `take that right away: chmod go-w ${stateDirectory}`,
    });
  }
  closeSync(openSync(path, 'a', 0o600));
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

function fileRefusal(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC') return new Refusal('DISK_FULL', `no space left for ${path}`, { retry: 'never', cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new Refusal('TOOL_MISSING', `${path} cannot be opened (${code})`, {
      retry: 'never',
      next: 'run as the user who owns the state directory, or choose another one with QUORATE_STATE',
      cause: error,
    });
  }
  return error;
}

/**
 * Kysely takes no lock for SQLite's migrations and runs them outside a transaction. Its dialect has one
 * connection, this one, so a transaction around it all makes two first starts at once safe, and a killed
 * one leave nothing half-made.
 */
async function migrate(database: DatabaseSync, db: Kysely<Schema>): Promise<void> {
  const names = Object.keys(migrations);
  const version = () => Number(Object.values(database.prepare('pragma user_version').get() ?? {})[0] ?? 0);
  if (version() === names.length) return;
  database.exec('begin immediate');
  try {
    if (version() > names.length) throw newerStore();
    const provider = { getMigrations: async () => ({ ...migrations }) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) throw error as Error;
    database.exec(`pragma user_version = ${names.length}; commit`);
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

const newerStore = () =>
  new Refusal('CONFLICT', 'the store was written by a newer quorate', {
    retry: 'never',
    next: 'use that version or a newer one',
  });
