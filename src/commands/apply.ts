/** Makes a deployment what its file says: sets the machine up for the local cloud where it is not, and settles it. */
import type { DeploymentRecord, Engine, Settled } from '../engine/engine.ts';
import { Refusal } from '../kernel/refusal.ts';
import { entryVip } from '../topology/topology.ts';
import { requireValidCib } from './check-cib.ts';
import type { Context, ImageView } from './context.ts';
import { topologyOf } from './find-deployment.ts';
import { type OnProgress, type PartTime, type Tracker, trackProgress } from './progress.ts';
import { type Answer, answersOf } from './reach.ts';
import { readSpec } from './read-spec.ts';
import { withStanding } from './standing.ts';
import { type StatusView, viewStatus } from './status-view.ts';
import { untilStopped } from './until-stopped.ts';

export type ApplyInput = {
  readonly text: string;
  /** In place of the one that the text names. */
  readonly cloud?: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
};

export type Summary = {
  readonly status: StatusView;
  /** Something had to be done. */
  readonly changed: boolean;
  readonly parts: readonly PartTime[];
  readonly totalMs: number;
  /** One an outside port, asked from this machine. */
  readonly outside: readonly Answer[];
};

/**
 * Throws INVALID_INPUT, NOT_FOUND for an unknown cloud, NOT_SUPPORTED, BUSY, TIMED_OUT, INTERRUPTED and what host and cloud refuse, with
 * `data.standing` (`Standing`) once anything was stored. Any number of times, after a kill at any instant.
 */
export async function apply(context: Context, input: ApplyInput, report: OnProgress): Promise<Summary> {
  const startedAt = context.clock.now();
  const spec = await readSpec(input.text, input.cloud);
  // The local one may not run yet; another one that nobody knows is refused before anything is stored for it.
  if (spec.cloud !== 'local') await context.cloud(spec.cloud);
  const tracker = trackProgress(context.clock, report);
  const engine = await context.engine();
  // A new wish is stored first: what cannot be is refused before anything is installed for it. A change of
  // a known one is checked against what exists, so it needs the cloud.
  const stored = await engine.get(spec.name);
  if (stored === undefined) await engine.put(spec, input.text);
  try {
    const image =
      spec.cloud === 'local' ? await prepareHost(context, tracker, spec.image === undefined, input.signal) : undefined;
    // A person's own XML each time: a first wish is stored before it could be checked.
    const checked = stored?.specText === input.text && Object.keys(spec.raw).length === 0;
    if (image !== undefined && !checked)
      await requireValidCib(input.text, (cib) => context.host.cibComplaints(image, cib));
    const record = await engine.put(spec, input.text);
    const options = { deadlineMs: input.deadlineMs, signal: input.signal, onEvent: tracker.onEvent };
    const settled = await engine.settle(spec.name, options);
    tracker.finish();
    return await summarise(context, { engine, record, settled, tracker, startedAt });
  } catch (error) {
    throw await withStanding(engine, spec.name, error);
  }
}

async function prepareHost(
  context: Context,
  tracker: Tracker,
  needsImage: boolean,
  signal: AbortSignal,
): Promise<ImageView | undefined> {
  tracker.enter('host');
  tracker.finish((await context.host.ensure(tracker.activity)).changed);
  signal.throwIfAborted();
  if (!needsImage) return undefined;
  tracker.enter('image');
  // Minutes of work, or of waiting for another one that does it; a build that is cut off leaves nothing.
  const image = await untilStopped(signal, context.host.ensureImage(tracker.activity, { force: false }));
  tracker.finish(image.changed);
  return image;
}

async function summarise(
  context: Context,
  made: {
    readonly engine: Engine;
    readonly record: DeploymentRecord;
    readonly settled: Settled;
    readonly tracker: Tracker;
    readonly startedAt: number;
  },
): Promise<Summary> {
  const { record, settled, tracker } = made;
  if (settled.state === 'blocked') throw blocked(settled);
  if (settled.state === 'gone') throw deletedMeanwhile(record.name);
  const parts = tracker.times();
  const totalMs = context.clock.now() - made.startedAt;
  const status = viewStatus(record, topologyOf(record), settled.status);
  const changed = parts.some((part) => part.changed);
  // The entry is Quorate's own, and was used a moment ago.
  const vips = status.vips.filter(({ name }) => name !== entryVip);
  return { status, changed, parts, totalMs, outside: await answersOf(context.clock, vips) };
}

const blocked = (settled: Extract<Settled, { state: 'blocked' }>): Refusal =>
  new Refusal('CLOUD_REFUSED', settled.because, { retry: 'never', next: settled.unblockedBy });

const deletedMeanwhile = (name: string): Refusal =>
  new Refusal('CONFLICT', `${name} was deleted while it was applied`, {
    retry: 'never',
    next: 'run the same command again to make it anew',
  });
