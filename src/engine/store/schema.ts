/** The tables, as Kysely's types. Texts and whole numbers only, so that SQLite and PostgreSQL agree. */
import type { ColumnType, Generated } from 'kysely';

/** PostgreSQL's driver answers a bigint as text, SQLite's as a number. */
type Int64 = ColumnType<number | string, number, number>;

export type Schema = {
  deployments: {
    name: string;
    cloud: string;
    generation: number;
    spec_text: string;
    desired: string;
    /** JSON. */
    roster: string;
    created_at: Int64;
    updated_at: Int64;
  };
  secrets: {
    deployment: string;
    name: string;
    /** Base64, see `secrets/seal.ts`. */
    sealed: string;
  };
  events: {
    seq: Generated<number>;
    deployment: string;
    at: Int64;
    kind: string;
    message: string;
    /** JSON. */
    data: string | null;
  };
  leases: {
    deployment: string;
    holder: string;
    token: Int64;
    expires_at: Int64;
  };
};
