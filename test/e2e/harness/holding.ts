/**
 * Who held what, from samples that look at every node at once. Pure. A sample proves what was true when it was
 * taken and nothing about the time between two, so the coverage is judged too.
 */

export type Holding = { readonly vip: boolean; readonly mount: boolean };

export type Sample = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How long it took to look at all nodes. */
  readonly tookMs: number;
  /** By node; `absent`: no such instance runs. */
  readonly nodes: Readonly<Record<string, Holding | 'absent'>>;
};

export type HeldTwice = { readonly at: number; readonly what: keyof Holding; readonly nodes: readonly string[] };

export const holdersIn = (sample: Sample, what: keyof Holding): readonly string[] =>
  Object.entries(sample.nodes)
    .filter(([, holding]) => holding !== 'absent' && holding[what])
    .map(([node]) => node);

/** Every sample in which more than one node held the same thing. Empty is what must be. */
export const heldTwice = (samples: readonly Sample[]): readonly HeldTwice[] =>
  samples.flatMap((sample) =>
    (['vip', 'mount'] as const)
      .map((what) => ({ at: sample.at, what, nodes: holdersIn(sample, what) }))
      .filter(({ nodes }) => nodes.length > 1),
  );

/** The longest time that nobody looked. */
export const longestBlindMs = (samples: readonly Sample[]): number =>
  samples.length < 2
    ? Number.POSITIVE_INFINITY
    : Math.max(...samples.slice(1).map(({ at }, index) => at - (samples[index]?.at ?? at)));

/** `app-1 0.0-4.2 s, nobody 4.2-7.9 s, app-2 7.9-30.0 s`: for the log. */
export function renderHolding(samples: readonly Sample[], what: keyof Holding): string {
  const first = samples[0]?.at ?? 0;
  const runs: { who: string; from: number; to: number }[] = [];
  for (const sample of samples) {
    const who = holdersIn(sample, what).join('+') || 'nobody';
    const run = runs.at(-1);
    if (run !== undefined) run.to = sample.at;
    if (run?.who !== who) runs.push({ who, from: sample.at, to: sample.at });
  }
  const second = (at: number): string => ((at - first) / 1000).toFixed(2);
  return runs.map(({ who, from, to }) => `${who} ${second(from)}-${second(to)} s`).join(', ');
}
