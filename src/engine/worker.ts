import type { Cloud } from '../clouds/cloud.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Journal } from './journal.ts';
import type { HeldLease } from './lease/hold.ts';
import type { Sealer } from './secrets/seal.ts';
import type { Store } from './store/store.ts';

/** What one holder of a deployment's lease works with. */
export type Worker = {
  readonly deployment: string;
  readonly cloud: Cloud;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly held: HeldLease;
  readonly journal: Journal;
  /** Asked between steps; a step is never cut off by us. */
  readonly signal: AbortSignal | undefined;
};
