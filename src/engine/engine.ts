/**
 * The engine keeps what was wished for and makes it so. In: specifications, and a cloud that can be
 * observed. Out: a deployment that is ready or gone, or blocked with the cause and what would unblock it.
 * Only the wish, the roster, the secrets and the events are stored; all else is observed again in every
 * round, so a process that is killed at any instant costs nothing: the next one looks and goes on. It
 * refuses to know how a cloud does a thing (`clouds/`) and what is to be done next (`plan/`).
 * The model is the level-triggered controller (Kubernetes API conventions, patroni's run cycle).
 */
import type { NodeAccess } from '../clouds/cloud.ts';
import type { Instant } from '../kernel/clock.ts';
import type { Plan } from '../plan/step.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import type { DeploymentStatus } from '../status/status.ts';
import type { Roster, Topology } from '../topology/topology.ts';

export type DeploymentRecord = {
  readonly name: string;
  readonly cloud: string;
  /** Counts from 1; grows when the specification's meaning changes, and when a deletion is asked for. */
  readonly generation: number;
  readonly specText: string;
  readonly desired: 'present' | 'absent';
  readonly roster: Roster;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};

export type DeploymentEvent = {
  /** Grows over all deployments; never reused. */
  readonly seq: number;
  readonly deployment: string;
  readonly at: Instant;
  /** Stable, kebab-case: `step-started`, `step-finished`, `blocked`, `ready`, `gone`, … */
  readonly kind: string;
  /** For people, never parsed. */
  readonly message: string;
  readonly data?: unknown;
};

export type Settled =
  | { readonly state: 'ready'; readonly status: DeploymentStatus }
  | { readonly state: 'gone' }
  | { readonly state: 'blocked'; readonly because: string; readonly unblockedBy: string };

export type SettleOptions = {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: DeploymentEvent) => void;
  readonly deadlineMs: number;
};

export type Engine = {
  /**
   * Stores the wish, a new generation when the text's meaning changed and unchanged else. Throws
   * NOT_SUPPORTED before anything is stored, INVALID_INPUT for a change of what cannot change.
   */
  put(spec: DeploymentSpec, specText: string): Promise<DeploymentRecord>;
  /** Throws NOT_FOUND for a name never stored. */
  markAbsent(name: string): Promise<void>;
  get(name: string): Promise<DeploymentRecord | undefined>;
  /** By name, ascending. */
  list(): Promise<readonly DeploymentRecord[]>;
  /** Oldest first; those of a deleted deployment stay readable for a while; empty for a name never seen. */
  events(name: string, options?: { readonly after?: number }): Promise<readonly DeploymentEvent[]>;
  /**
   * Takes the deployment's lease, then observes, plans and acts until it is ready, gone or blocked.
   * Throws NOT_FOUND, BUSY, STALE_LEASE, TIMED_OUT (`data.missing`), and ABORTED's kin: the signal's
   * own reason once the step under way has ended.
   */
  settle(name: string, options: SettleOptions): Promise<Settled>;
  /** Observes now. Throws NOT_FOUND. */
  status(name: string): Promise<DeploymentStatus>;
  /** What `settle` would do now for this specification; changes nothing. */
  planFor(spec: DeploymentSpec): Promise<{ readonly topology: Topology; readonly plan: Plan }>;
  access(name: string): Promise<NodeAccess>;
  /**
   * Takes in what the cloud remembers of a deployment that this store does not know. Throws CONFLICT for a known name
   * and when its secrets were sealed with another key, NOT_FOUND, NOT_SUPPORTED for a cloud without a memory.
   */
  adopt(name: string, cloud: string): Promise<DeploymentRecord>;
};
