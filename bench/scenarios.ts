/** Every example, made, hurt once and removed: how long each part takes, beside the other scenarios. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventuallyReady, holderOf, outsideOf } from '../test/e2e/harness/facts.ts';
import { longestGapMs } from '../test/e2e/harness/gaps.ts';
import { killNode } from '../test/e2e/harness/harm.ts';
import { startProbe } from '../test/e2e/harness/http-probe.ts';
import { apply, list, remove, status } from '../test/e2e/harness/quorate.ts';
import { exampleText } from '../test/e2e/harness/spec-text.ts';
import type { Bench } from './bench.ts';
import { renderMs } from './numbers.ts';
import { until } from './until.ts';

const examples = ['basic', 'balanced', 'balanced-storage', 'large'] as const;
const readyWithinMs = 180_000;

export async function benchScenarios({ report, signal, atEnd }: Bench): Promise<void> {
  report.heading('Scenarios', 'each example from nothing; the node that holds its VIP loses its power; removed');
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  for (const example of examples) {
    signal.throwIfAborted();
    const name = `bench-${example}`;
    const file = join(directory, `${name}.yaml`);
    const clear = async () => {
      if ((await list()).some((line) => line.name === name)) await remove(name);
    };
    atEnd(clear);
    await clear();
    await writeFile(file, exampleText(example, name));
    report.progress(`quorate apply of ${name}`);
    const { durationMs: createMs } = await apply(file);
    const outageMs = await killVipHolder(name, signal);
    const { durationMs: deleteMs } = await remove(name);
    const value = `create ${renderMs(createMs)}, no answer for ${renderMs(outageMs)}, delete ${renderMs(deleteMs)}`;
    report.add({ part: 'scenarios', what: example, value, data: { createMs, outageMs, deleteMs } });
  }
}

/** The longest time without an answer from the first VIP's outside address. */
async function killVipHolder(name: string, signal: AbortSignal): Promise<number> {
  const seen = await status(name);
  const vip = seen.vips[0]?.name ?? '';
  const probe = startProbe(`http://${outsideOf(seen, vip)}/`, 20);
  try {
    const looking = { periodMs: 20, withinMs: readyWithinMs, signal };
    const answered = () => probe.attempts.filter(({ ok }) => ok).length;
    await until('the VIP answers', looking, async () => (answered() > 10 ? true : undefined));
    const killedAt = await killNode(name, holderOf(seen, vip));
    await until('it answers again', looking, async () =>
      probe.attempts.some(({ ok, startedAt }) => ok && startedAt > killedAt + 1_000) ? true : undefined,
    );
    await eventuallyReady(name, readyWithinMs);
    return longestGapMs(probe.stop());
  } finally {
    probe.stop();
  }
}
