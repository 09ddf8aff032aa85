/**
 * From three booted, idle nodes to a cluster that serves: Quorate's way against pcs', by turns on the same
 * nodes, so that whatever else the machine does meets both. Then the whole way from nothing, for orientation.
 */
import { observeDeployment } from '../../src/engine/observe.ts';
import { deriveStatus } from '../../src/status/derive-status.ts';
import { firstAnswerAfter } from '../../test/e2e/harness/gaps.ts';
import { startProbe } from '../../test/e2e/harness/http-probe.ts';
import type { Bench } from '../bench.ts';
import { renderLoad } from '../machine.ts';
import { median, renderMs } from '../numbers.ts';
import { until } from '../until.ts';
import { everywhere, type IdleNodes, makeIdleNodes, onNode } from './idle-nodes.ts';
import { installPcs } from './pcs-packages.ts';
import { pcsWay } from './pcs-way.ts';
import { quorateWay } from './quorate-way.ts';
import type { Way } from './way.ts';

/** Milliseconds from the first command. */
type Round = {
  readonly phases: Readonly<Record<string, number>>;
  readonly vipMs: number;
  /** Every node online, every resource started, fencing armed. */
  readonly readyMs: number;
};

const part = 'create';

export async function benchCreate(bench: Bench): Promise<void> {
  const { report, rounds, signal } = bench;
  const nodes = await makeIdleNodes(bench);
  await installPcs(bench, nodes);
  report.heading('Create', 'three booted nodes -> VIP answers, every resource started, fencing armed');
  report.add({ part, what: 'versions', value: await versions(nodes) });
  const ways = [quorateWay, pcsWay('pushed'), pcsWay('live')];
  const made = new Map<Way, Round[]>(ways.map((way) => [way, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [way, seen] of made) {
      seen.push(await formOnce(nodes, way, signal));
      report.progress(`round ${round} of ${rounds}: ${way.name} ready after ${renderMs(seen.at(-1)?.readyMs ?? 0)}`);
    }
  }
  for (const [way, seen] of made) tellWay(bench, way, seen);
  tellRatio(bench, made);
  await nodes.cloud.removeAll(nodes.topology.deployment, () => undefined);
  const { appliedMs } = await bench.live();
  const what = 'quorate apply, from nothing';
  report.add({ part, what, value: `${renderMs(appliedMs)} (project, networks, boot: all)`, data: { appliedMs } });
  report.progress(renderLoad());
}

async function formOnce(nodes: IdleNodes, way: Way, signal: AbortSignal): Promise<Round> {
  signal.throwIfAborted();
  await everywhere(nodes, makeIdle);
  await way.prepare(nodes);
  const probe = startProbe(nodes.url, 50);
  try {
    const startedAt = performance.now();
    const phases = await way.form(nodes);
    const answer = await until('the VIP answers', { periodMs: 50, withinMs: 120_000, signal }, async () =>
      firstAnswerAfter(probe.attempts, startedAt),
    );
    probe.stop();
    const readyMs = await until('all is ready', { periodMs: 100, withinMs: 120_000, signal }, async () =>
      (await isReady(nodes)) ? performance.now() - startedAt : undefined,
    );
    return { phases, vipMs: answer.endedAt - startedAt, readyMs };
  } finally {
    probe.stop();
  }
}

async function isReady({ cloud, topology }: IdleNodes): Promise<boolean> {
  const sight = await observeDeployment(cloud, topology, undefined);
  return deriveStatus(topology, sight.cloud, sight.members, 'present').state === 'ready';
}

/** Back to a node that was never in a cluster, whichever way it came into one. */
const makeIdle = `systemctl stop pacemaker
systemctl stop corosync
if systemctl is-active --quiet nginx || mountpoint --quiet /srv/data; then echo 'resources were left' >&2; exit 1; fi
if systemctl cat pcsd >/dev/null 2>&1; then systemctl stop pcsd; fi
rm -f /etc/corosync/corosync.conf /etc/corosync/authkey /etc/pacemaker/authkey
rm -f /etc/systemd/system/corosync.service.d/bench.conf
find /var/lib/pacemaker /var/lib/corosync /var/lib/pcsd -mindepth 1 -type f -delete
systemctl daemon-reload
systemctl reset-failed`;

async function versions({ access, names: [first = ''] }: IdleNodes): Promise<string> {
  const format = '${Package} ${Version}, ';
  const listed = await onNode(access, first, `dpkg-query -W -f '${format}' pacemaker corosync pcs`);
  return listed.replace(/, $/, '');
}

function tellWay({ report }: Bench, way: Way, seen: readonly Round[]): void {
  const parts = Object.keys(seen[0]?.phases ?? {}).map(
    (phase) => `${phase} ${renderMs(median(seen.map(({ phases }) => phases[phase] ?? Number.NaN)))}`,
  );
  const vip = `VIP answers ${renderMs(median(seen.map(({ vipMs }) => vipMs)))}`;
  report.add({
    part,
    what: `${way.name}, median of ${seen.length}`,
    value: `${renderMs(readyOf(seen))}   (${[...parts, vip].join(', ')})`,
    data: { rounds: seen },
  });
}

const readyOf = (seen: readonly Round[]): number => median(seen.map(({ readyMs }) => readyMs));

/** Against the quicker of pcs' two forms. */
function tellRatio({ report }: Bench, made: ReadonlyMap<Way, readonly Round[]>): void {
  const ours = readyOf(made.get(quorateWay) ?? []);
  const theirs = Math.min(...[...made].filter(([way]) => way !== quorateWay).map(([, seen]) => readyOf(seen)));
  const share = ours / theirs;
  report.add({
    part,
    what: "share of pcs' quicker form",
    value: `${(share * 100).toFixed(0)} %`,
    aim: { says: 'at most 50 %', met: share <= 0.5 },
    data: { share },
  });
}
