/** One death of the node that serves, from outside, and what a client and the cluster make of it. */
import { invariant } from '../src/kernel/invariant.ts';
import type { DeploymentStatus } from '../src/status/status.ts';
import { firstAnswerAfter } from '../test/e2e/harness/gaps.ts';
import { killNode } from '../test/e2e/harness/harm.ts';
import { startProbe } from '../test/e2e/harness/http-probe.ts';
import { type Landmarks, landmarksOf } from './failover-landmarks.ts';
import { until } from './until.ts';

export type Kill = {
  readonly victim: string;
  readonly heir: string;
  readonly outageMs: number;
  readonly rejoinedMs: number;
  /** Milliseconds after the kill. */
  readonly landmarks: Landmarks;
};

const probePeriodMs = 20;

/** Begins and ends with a deployment that is ready. */
export async function killHolder(
  name: string,
  status: () => Promise<DeploymentStatus>,
  signal: AbortSignal,
): Promise<Kill> {
  const before = await whenReady(status, signal);
  const [vip] = before.vips;
  invariant(vip?.heldBy !== undefined && vip.outside !== undefined, 'the example has one VIP with an outside address');
  const { heldBy: victim, outside } = vip;
  const probe = startProbe(`http://${outside}/healthz`, probePeriodMs);
  try {
    const looking = { periodMs: probePeriodMs, withinMs: 60_000, signal };
    await until('the VIP answers', looking, async () => firstAnswerAfter(probe.attempts, 0));
    const killedOn = Date.now();
    const killedAt = await killNode(name, victim);
    const answer = await until('another node answers at the VIP', looking, async () =>
      firstAnswerAfter(probe.attempts, killedAt, (said) => said !== victim),
    );
    probe.stop();
    const rejoinedMs = await timeUntilMember(status, victim, killedAt, signal);
    await whenReady(status, signal);
    const survivors = Object.keys(before.nodes).filter((node) => node !== victim);
    const landmarks = await landmarksOf(name, { survivors, victim, killedOn });
    return { victim, heir: answer.said, outageMs: answer.endedAt - killedAt, rejoinedMs, landmarks };
  } finally {
    probe.stop();
  }
}

/** Long enough apart that looking does not slow down what is looked at. */
const lookPeriodMs = 300;

const whenReady = (status: () => Promise<DeploymentStatus>, signal: AbortSignal): Promise<DeploymentStatus> =>
  until('the deployment is ready', { periodMs: lookPeriodMs, withinMs: 120_000, signal }, async () => {
    const seen = await status();
    return seen.state === 'ready' ? seen : undefined;
  });

/** The cluster calls a node online until it has noticed its death; this starts after that. */
async function timeUntilMember(
  status: () => Promise<DeploymentStatus>,
  victim: string,
  killedAt: number,
  signal: AbortSignal,
): Promise<number> {
  await until(`${victim} is a member again`, { periodMs: lookPeriodMs, withinMs: 120_000, signal }, async () =>
    (await status()).nodes[victim]?.state === 'online' ? true : undefined,
  );
  return performance.now() - killedAt;
}
