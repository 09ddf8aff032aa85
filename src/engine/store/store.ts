/**
 * What the engine remembers: wishes, sealed secrets, events, and who works on what. One port, two stores
 * to come (SQLite embedded, PostgreSQL shared) and one contract suite for both (`store.contract.ts`).
 * In: records and sealed texts. It refuses to know what a secret holds and what a specification means.
 */
import type { Instant } from '../../kernel/clock.ts';
import type { DeploymentEvent, DeploymentRecord } from '../engine.ts';

export type NewEvent = Omit<DeploymentEvent, 'seq'>;

/** The right to change one deployment, until somebody takes it over. */
export type Lease = {
  readonly deployment: string;
  readonly holder: string;
  /** Grows with every holder; whoever has an older one may change nothing. */
  readonly token: number;
};

export type LeaseAnswer =
  | { readonly state: 'ours'; readonly lease: Lease }
  | { readonly state: 'theirs'; readonly lease: Lease; readonly expiresAt: Instant };

export type LeaseRequest = {
  readonly deployment: string;
  readonly holder: string;
  readonly now: Instant;
  readonly expiresAt: Instant;
  /** This very lease may be taken although it has not expired: its holder is known to be dead. */
  readonly dead?: Lease;
};

export type Store = {
  get(name: string): Promise<DeploymentRecord | undefined>;
  /** By name, ascending. */
  list(): Promise<readonly DeploymentRecord[]>;
  /**
   * Stores record and event together when the stored generation is `expected` (0: there is none);
   * undefined and nothing stored else.
   */
  save(record: DeploymentRecord, expected: number, event: NewEvent): Promise<DeploymentEvent | undefined>;
  /** Stores a new record, its sealed secrets and the event together; undefined and nothing stored when the name is taken. */
  adopt(
    record: DeploymentRecord,
    sealed: Readonly<Record<string, string>>,
    event: NewEvent,
  ): Promise<DeploymentEvent | undefined>;
  /**
   * Deletes record and secrets and stores the event, together. Undefined and nothing changed when the
   * lease was lost or the record is no longer of that generation.
   */
  forget(lease: Lease, generation: number, event: NewEvent): Promise<DeploymentEvent | undefined>;

  /** Sealed texts by name; empty for an unknown deployment. */
  secrets(deployment: string): Promise<Readonly<Record<string, string>>>;
  /** Keeps what is there: the first one written wins. False, and nothing stored, when the lease was lost. */
  addSecrets(lease: Lease, sealed: Readonly<Record<string, string>>): Promise<boolean>;

  /** Keeps the newest thousand or so of a deployment. */
  append(event: NewEvent): Promise<DeploymentEvent>;
  /** Oldest first, those with a greater `seq` than `after`. */
  events(deployment: string, after: number): Promise<readonly DeploymentEvent[]>;

  /** Free, expired or `dead`: ours, with a greater token. */
  acquire(request: LeaseRequest): Promise<LeaseAnswer>;
  /** False when somebody took it over. */
  renew(lease: Lease, expiresAt: Instant): Promise<boolean>;
  /** Does nothing to a lease that was taken over. */
  release(lease: Lease): Promise<void>;

  close(): Promise<void>;
};
