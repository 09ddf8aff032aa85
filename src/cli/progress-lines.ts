/** Long work as a log: one line a change, with the seconds since the start. For files, pipes and CI. */
import type { Progress } from '../commands/progress.ts';
import type { Instant } from '../kernel/clock.ts';
import { renderDuration } from '../kernel/duration.ts';
import { partNames } from './part-names.ts';

/** undefined for what is no news. */
export function renderProgressLine(progress: Progress, startedAt: Instant): string | undefined {
  const since = `[${((progress.at - startedAt) / 1000).toFixed(1).padStart(6)} s]`;
  const name = partNames[progress.part];
  switch (progress.kind) {
    case 'started':
      return undefined;
    case 'activity':
      return `${since} ${name}: ${progress.text}`;
    case 'finished':
      return `${since} ${name}: ${progress.changed ? `done in ${renderDuration(progress.elapsedMs)}` : 'nothing to do'}`;
  }
}
