/** Milliseconds since the epoch. Pure code gets one as an argument; only `main` makes a real clock. */
export type Instant = number;

export type Clock = {
  /** Wall clock, milliseconds since the epoch. */
  readonly now: () => Instant;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};
