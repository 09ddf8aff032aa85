/**
 * Node's own SQLite behind Kysely's own SQLite dialect, which expects better-sqlite3's shape. A published
 * adapter would be a dependency of more lines than this one.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { storeRefusal } from './store-refusal.ts';

export function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    // A deferred transaction that reads first and writes then fails at once, whatever the busy timeout,
    // when another process wrote in between (SQLITE_BUSY_SNAPSHOT). All of ours write.
    prepare: (sql) => refusing(() => statement(database.prepare(sql === 'begin' ? 'begin immediate' : sql))),
  };
}

function statement(prepared: StatementSync): SqliteStatement {
  return {
    reader: prepared.columns().length > 0,
    all: (parameters) => refusing(() => prepared.all(...values(parameters))),
    run: (parameters) => refusing(() => prepared.run(...values(parameters))),
    iterate: (parameters) => prepared.iterate(...values(parameters)),
  };
}

const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeRefusal(error) ?? error;
  }
}
