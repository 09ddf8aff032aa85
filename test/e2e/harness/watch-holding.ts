/** Starts the sampler (holding-sampler.ts) beside a scenario, and hands over all it saw when it is stopped. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Sample } from './holding.ts';

export type Watched = {
  readonly deployment: string;
  readonly nodes: readonly string[];
  readonly address: string;
  readonly mount: string;
};

const sampler = fileURLToPath(new URL('./holding-sampler.ts', import.meta.url));

/** Resolves once the first sample is there. A process of its own, in front of all others: a busy test must not blind it. */
export async function watchHolding(watched: Watched): Promise<{ stop: () => Promise<readonly Sample[]> }> {
  const child = execa('nice', ['-n', '-15', process.execPath, sampler, JSON.stringify(watched)], {
    buffer: false,
    reject: false,
    stderr: 'inherit',
  });
  const samples: Sample[] = [];
  const lines = child.iterable();
  const first = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const line of lines) {
      samples.push(JSON.parse(line) as Sample);
      first.resolve();
    }
    first.reject(new Error('the sampler ended by itself'));
  })();
  await first.promise;
  return {
    stop: async () => {
      child.kill();
      await ended;
      return samples;
    },
  };
}
