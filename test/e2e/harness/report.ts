/** What a reader of CI's log sees of a scenario: how long its parts took, in the order they ended. */

export const say = (text: string): void => {
  process.stdout.write(`  ${text}\n`);
};

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Runs one part of a scenario and says how long it took. */
export async function timed<T>(part: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    say(`${part}: ${seconds(performance.now() - startedAt)}`);
  }
}
