/**
 * The schema's history, in code: a bundle carries it, and no directory is read at run time. A migration
 * that was published is never edited.
 */
import { type Kysely, type Migration, sql } from 'kysely';

const first: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('deployments')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('cloud', 'text', (column) => column.notNull())
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('spec_text', 'text', (column) => column.notNull())
      .addColumn('desired', 'text', (column) => column.notNull().check(sql`desired in ('present', 'absent')`))
      .addColumn('roster', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('secrets')
      .addColumn('deployment', 'text', (column) => column.notNull().references('deployments.name').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('secrets_key', ['deployment', 'name'])
      .execute();
    // Events and leases refer to no deployment row: both outlive it. A lease's token must go on growing
    // when a name is used again, or a sleeper of the old deployment would pass for the new one's holder.
    await db.schema
      .createTable('events')
      .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('deployment', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('data', 'text')
      .execute();
    await db.schema.createIndex('events_by_deployment').on('events').columns(['deployment', 'seq']).execute();
    await db.schema
      .createTable('leases')
      .addColumn('deployment', 'text', (column) => column.primaryKey())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('token', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};

/** In order of their names. */
export const migrations: Readonly<Record<string, Migration>> = { '0001-first': first };
