/**
 * What a client outside notices when the node that serves it dies: the host kills the init of whichever node
 * holds the VIP, again and again. Also when that node is a member again, and where the time went.
 */
import { openContext } from '../src/main/open-context.ts';
import { stateDirectory } from '../test/e2e/harness/incus.ts';
import type { Bench } from './bench.ts';
import { type Landmarks, landmarkWords } from './failover-landmarks.ts';
import { type Kill, killHolder } from './kill-holder.ts';
import { median, percentile, renderMs } from './numbers.ts';
import { renderSpread } from './report.ts';

const backAimMs = 6_000;

export async function benchFailover(bench: Bench): Promise<void> {
  const { report, kills, signal } = bench;
  const { name } = await bench.live();
  report.heading('Fail-over', `the node that holds VIP, volume and service is killed from outside, ${kills} times`);
  const engine = await (await openContext(stateDirectory)).engine();
  const status = () => engine.status(name);
  const seen: Kill[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    signal.throwIfAborted();
    seen.push(await killHolder(name, status, signal));
    const { victim, heir, outageMs, rejoinedMs } = seen.at(-1) as Kill;
    report.progress(
      `kill ${kill} of ${kills}: ${victim}, VIP answers on ${heir} after ${renderMs(outageMs)}, member again after ${renderMs(rejoinedMs)}`,
    );
  }
  tell(bench, seen);
}

function tell({ report }: Bench, seen: readonly Kill[]): void {
  const outages = seen.map(({ outageMs }) => outageMs);
  const p95 = percentile(outages, 0.95);
  const part = 'failover';
  report.add({
    part,
    what: 'kill until the VIP answers again',
    value: renderSpread(outages),
    aim: { says: `under ${renderMs(backAimMs)} at p95`, met: p95 < backAimMs },
    data: { kills: seen },
  });
  for (const landmark of Object.keys(landmarkWords) as (keyof Landmarks)[]) {
    const times = seen.map(({ landmarks }) => landmarks[landmark]).filter((time) => time !== undefined);
    report.add({ part, what: `  kill until ${landmarkWords[landmark]}`, value: `median ${renderMs(median(times))}` });
  }
  const rejoined = seen.map(({ rejoinedMs }) => rejoinedMs);
  report.add({ part, what: 'kill until the node is a member again', value: renderSpread(rejoined) });
}
