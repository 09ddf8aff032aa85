import { Refusal } from '../kernel/refusal.ts';
import type { Context, UploadedImageView } from './context.ts';
import { type OnProgress, type PartTime, trackProgress } from './progress.ts';
import { untilStopped } from './until-stopped.ts';

export type ImageUploading = {
  readonly cloud: string;
  readonly image: UploadedImageView;
  readonly parts: readonly PartTime[];
};

/**
 * Puts the node image into a cloud's image service, built here where it is missing; one of today's recipe that is there
 * is left alone. Throws INVALID_INPUT for the local cloud, NOT_FOUND for an unknown one, and what host and cloud refuse.
 */
export async function uploadNodeImage(
  context: Context,
  input: { readonly cloud: string; readonly shared: boolean; readonly signal: AbortSignal },
  report: OnProgress,
): Promise<ImageUploading> {
  const { cloud, shared, signal } = input;
  if (cloud === 'local') throw nowhere();
  // Three minutes of building are not for a misspelt name.
  const upload = await context.imageStore.open(cloud);
  const tracker = trackProgress(context.clock, report);
  tracker.enter('image');
  const disk = await untilStopped(signal, context.imageStore.build(tracker.activity));
  tracker.finish(disk.changed);
  tracker.enter('upload');
  const image = await upload(disk, { shared, signal, report: tracker.activity });
  tracker.finish(image.changed);
  return { cloud, image, parts: tracker.times() };
}

const nowhere = (): Refusal =>
  new Refusal('INVALID_INPUT', 'the local cloud has no image service to upload to', {
    retry: 'never',
    next: '`quorate image build` builds its image',
  });
