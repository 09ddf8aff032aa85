import type { Kysely, Transaction } from 'kysely';
import { invariant } from '../../kernel/invariant.ts';
import type { Schema } from './schema.ts';
import type { Lease, LeaseAnswer, LeaseRequest } from './store.ts';

type Db = Kysely<Schema> | Transaction<Schema>;

/** One statement decides, so that of two who ask at once one gets it. */
export async function acquire(db: Db, request: LeaseRequest): Promise<LeaseAnswer> {
  const { deployment, holder, now, expiresAt, dead } = request;
  const taken = await db
    .insertInto('leases')
    .values({ deployment, holder, token: 1, expires_at: expiresAt })
    .onConflict((conflict) =>
      conflict
        .column('deployment')
        .doUpdateSet((eb) => ({ holder, token: eb('leases.token', '+', 1), expires_at: expiresAt }))
        .where((eb) =>
          dead === undefined
            ? eb('leases.expires_at', '<=', now)
            : eb.or([eb('leases.expires_at', '<=', now), eb('leases.token', '=', dead.token)]),
        ),
    )
    .returning('token')
    .executeTakeFirst();
  if (taken !== undefined) return { state: 'ours', lease: { deployment, holder, token: Number(taken.token) } };
  const row = await db.selectFrom('leases').selectAll().where('deployment', '=', deployment).executeTakeFirst();
  invariant(row !== undefined, 'a lease row is never deleted');
  return {
    state: 'theirs',
    lease: { deployment, holder: row.holder, token: Number(row.token) },
    expiresAt: Number(row.expires_at),
  };
}

export async function renew(db: Db, lease: Lease, expiresAt: number): Promise<boolean> {
  const renewed = await db
    .updateTable('leases')
    .set({ expires_at: expiresAt })
    .where('deployment', '=', lease.deployment)
    .where('token', '=', lease.token)
    .executeTakeFirst();
  return renewed.numUpdatedRows > 0n;
}

/** The token stays, so that the next one is greater. */
export async function release(db: Db, lease: Lease): Promise<void> {
  await db
    .updateTable('leases')
    .set({ holder: '', expires_at: 0 })
    .where('deployment', '=', lease.deployment)
    .where('token', '=', lease.token)
    .execute();
}

/** An update that changes nothing: it locks the row for the rest of the transaction on every database. */
export async function holds(tx: Transaction<Schema>, lease: Lease): Promise<boolean> {
  const locked = await tx
    .updateTable('leases')
    .set({ token: lease.token })
    .where('deployment', '=', lease.deployment)
    .where('token', '=', lease.token)
    .executeTakeFirst();
  return locked.numUpdatedRows > 0n;
}
