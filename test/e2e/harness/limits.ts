/**
 * What scenarios state, with room for a host that runs at half its usual speed: what is to be expected stands in
 * docs/measurements.md and on the scenarios' pages.
 */

/** An address answers again within this time after the node that held it died. A quarter of it is to be expected. */
export const VIP_BACK_MS = 20_000;
/** A dead node is fenced, booted and a member again. */
export const MEMBER_BACK_MS = 120_000;
/** A client that asks every 50 ms may wait this long on a host that boots nodes beside what it asks. */
export const UNDISTURBED_MS = 1_000;
