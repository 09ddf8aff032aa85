import { Refusal } from '../kernel/refusal.ts';
import type { Context, ImageView } from './context.ts';
import { type OnProgress, type PartTime, trackProgress } from './progress.ts';
import { untilStopped } from './until-stopped.ts';

export type ImageBuild = { readonly image: ImageView; readonly parts: readonly PartTime[] };

/** Builds the node image where it is missing or its recipe has changed; `force` builds it anyway. */
export async function buildImage(
  context: Context,
  input: { readonly force: boolean; readonly signal: AbortSignal },
  report: OnProgress,
): Promise<ImageBuild> {
  const tracker = trackProgress(context.clock, report);
  tracker.enter('host');
  tracker.finish((await context.host.ensure(tracker.activity)).changed);
  tracker.enter('image');
  const image = await untilStopped(input.signal, context.host.ensureImage(tracker.activity, { force: input.force }));
  tracker.finish(image.changed);
  return { image, parts: tracker.times() };
}

/** Removes our Incus with all its data from this machine. Throws CONFLICT while there are deployments. */
export async function removeHost(context: Context, report: OnProgress): Promise<readonly PartTime[]> {
  const engine = await context.findEngine();
  const names = ((await engine?.list()) ?? []).map(({ name }) => name);
  if (names.length > 0) {
    throw new Refusal('CONFLICT', `this machine still carries ${names.join(', ')}`, {
      retry: 'never',
      next: `delete ${names.length === 1 ? 'it' : 'them'} first: ${names.map((name) => `\`quorate delete ${name}\``).join(', ')}`,
      data: { deployments: names },
    });
  }
  const tracker = trackProgress(context.clock, report);
  tracker.enter('host');
  await context.host.remove(tracker.activity);
  tracker.finish();
  return tracker.times();
}
