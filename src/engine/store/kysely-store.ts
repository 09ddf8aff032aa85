import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { invariant } from '../../kernel/invariant.ts';
import { emptyRoster } from '../../topology/topology.ts';
import type { DeploymentEvent, DeploymentRecord } from '../engine.ts';
import { acquire, holds, release, renew } from './lease-rows.ts';
import type { Schema } from './schema.ts';
import type { Lease, NewEvent, Store } from './store.ts';

const keptEvents = 1000;
/** Looked for this seldom, so that an append stays one insert. */
const trimEvery = 100;
const keptAfterDeletionMs = 30 * 24 * 3600 * 1000;

type Db = Kysely<Schema> | Transaction<Schema>;

/** The store on any Kysely that has the schema. */
export function kyselyStore(db: Kysely<Schema>): Store {
  return {
    async get(name) {
      const row = await db.selectFrom('deployments').selectAll().where('name', '=', name).executeTakeFirst();
      return row && record(row);
    },
    async list() {
      return (await db.selectFrom('deployments').selectAll().orderBy('name').execute()).map(record);
    },
    save: (wish, expected, event) =>
      db.transaction().execute(async (tx) => ((await saved(tx, wish, expected)) ? insertEvent(tx, event) : undefined)),
    adopt: (wish, sealed, event) =>
      db.transaction().execute(async (tx) => {
        if (!(await saved(tx, wish, 0))) return undefined;
        await insertSecrets(tx, wish.name, sealed);
        return insertEvent(tx, event);
      }),
    forget: (lease, generation, event) =>
      db.transaction().execute(async (tx) => {
        if (!(await holds(tx, lease))) return undefined;
        const gone = await tx
          .deleteFrom('deployments')
          .where('name', '=', lease.deployment)
          .where('generation', '=', generation)
          .executeTakeFirst();
        if (gone.numDeletedRows === 0n) return undefined;
        await dropOldEvents(tx, event.at - keptAfterDeletionMs);
        return insertEvent(tx, event);
      }),
    async secrets(deployment) {
      const rows = await db.selectFrom('secrets').selectAll().where('deployment', '=', deployment).execute();
      return Object.fromEntries(rows.map((row) => [row.name, row.sealed]));
    },
    addSecrets: (lease, sealed) => db.transaction().execute((tx) => addedSecrets(tx, lease, sealed)),
    append: (event) => insertEvent(db, event),
    async events(deployment, after) {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('deployment', '=', deployment)
        .where('seq', '>', after)
        .orderBy('seq')
        .execute();
      return rows.map(eventOf);
    },
    acquire: (request) => acquire(db, request),
    renew: (lease, expiresAt) => renew(db, lease, expiresAt),
    release: (lease) => release(db, lease),
    close: () => db.destroy(),
  };
}

async function saved(tx: Db, wish: DeploymentRecord, expected: number): Promise<boolean> {
  const row = rowOf(wish);
  if (expected === 0) {
    const inserted = await tx
      .insertInto('deployments')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst();
    return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
  const updated = await tx
    .updateTable('deployments')
    .set(row)
    .where('name', '=', wish.name)
    .where('generation', '=', expected)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

async function addedSecrets(
  tx: Transaction<Schema>,
  lease: Lease,
  sealed: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (!(await holds(tx, lease))) return false;
  await insertSecrets(tx, lease.deployment, sealed);
  return true;
}

async function insertSecrets(
  tx: Transaction<Schema>,
  deployment: string,
  sealed: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(sealed).map(([name, text]) => ({ deployment, name, sealed: text }));
  if (rows.length === 0) return;
  await tx
    .insertInto('secrets')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['deployment', 'name']).doNothing())
    .execute();
}

async function insertEvent(db: Db, event: NewEvent): Promise<DeploymentEvent> {
  const { deployment, at, kind, message } = event;
  const data = event.data === undefined ? null : JSON.stringify(event.data);
  const inserted = await db
    .insertInto('events')
    .values({ deployment, at, kind, message, data })
    .returning('seq')
    .executeTakeFirstOrThrow();
  const seq = inserted.seq;
  if (seq % trimEvery === 0) await trim(db, deployment);
  return { ...event, seq };
}

async function trim(db: Db, deployment: string): Promise<void> {
  const oldestKept = db
    .selectFrom('events as kept')
    .select('kept.seq')
    .where('kept.deployment', '=', deployment)
    .orderBy('kept.seq', 'desc')
    .limit(1)
    .offset(keptEvents - 1);
  await db.deleteFrom('events').where('deployment', '=', deployment).where('seq', '<', oldestKept).execute();
}

/** Those of deployments that are long gone. */
async function dropOldEvents(db: Db, before: number): Promise<void> {
  await db
    .deleteFrom('events')
    .where('at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('deployments').select(sql`1`.as('one')).whereRef('deployments.name', '=', 'events.deployment'),
        ),
      ),
    )
    .execute();
}

function record(row: Selectable<Schema['deployments']>): DeploymentRecord {
  invariant(row.desired === 'present' || row.desired === 'absent', 'the table checks its own column');
  return {
    name: row.name,
    cloud: row.cloud,
    generation: row.generation,
    specText: row.spec_text,
    desired: row.desired,
    // One that an older version wrote lacks what was not handed out then.
    roster: { ...emptyRoster, ...(JSON.parse(row.roster) as Partial<DeploymentRecord['roster']>) },
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}

const rowOf = (wish: DeploymentRecord): Insertable<Schema['deployments']> => ({
  name: wish.name,
  cloud: wish.cloud,
  generation: wish.generation,
  spec_text: wish.specText,
  desired: wish.desired,
  roster: JSON.stringify(wish.roster),
  created_at: wish.createdAt,
  updated_at: wish.updatedAt,
});

const eventOf = (row: Selectable<Schema['events']>): DeploymentEvent => ({
  seq: row.seq,
  deployment: row.deployment,
  at: Number(row.at),
  kind: row.kind,
  message: row.message,
  ...(row.data === null ? {} : { data: JSON.parse(row.data) as unknown }),
});
