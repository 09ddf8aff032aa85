/** Where long work stands: its parts in order, what is being done in words, and how long each took. */
import type { DeploymentEvent } from '../engine/engine.ts';
import type { Clock, Instant } from '../kernel/clock.ts';

export const parts = ['host', 'image', 'upload', 'ground', 'boot', 'cluster', 'removal'] as const;
export type Part = (typeof parts)[number];

export type PartTime = { readonly part: Part; readonly elapsedMs: number; readonly changed: boolean };

export type Progress =
  | { readonly kind: 'started'; readonly part: Part; readonly at: Instant }
  | { readonly kind: 'activity'; readonly part: Part; readonly at: Instant; readonly text: string }
  | {
      readonly kind: 'finished';
      readonly part: Part;
      readonly at: Instant;
      readonly elapsedMs: number;
      readonly changed: boolean;
    };

export type OnProgress = (progress: Progress) => void;

export type Tracker = {
  /** Ends the part under way, unless it is this one. */
  readonly enter: (part: Part) => void;
  readonly activity: (text: string) => void;
  /** `changed`: something had to be done. */
  readonly finish: (changed?: boolean) => void;
  readonly onEvent: (event: DeploymentEvent) => void;
  /** A part that came twice is counted once, with both times. */
  readonly times: () => readonly PartTime[];
};

export function trackProgress(clock: Clock, report: OnProgress): Tracker {
  const times = new Map<Part, PartTime>();
  let current: { readonly part: Part; readonly since: Instant } | undefined;
  const finish = (changed = true) => {
    if (current === undefined) return;
    const { part, since } = current;
    current = undefined;
    const at = clock.now();
    const before = times.get(part);
    times.set(part, {
      part,
      elapsedMs: (before?.elapsedMs ?? 0) + at - since,
      changed: changed || before?.changed === true,
    });
    report({ kind: 'finished', part, at, elapsedMs: at - since, changed });
  };
  const enter = (part: Part) => {
    if (current?.part === part) return;
    finish();
    current = { part, since: clock.now() };
    report({ kind: 'started', part, at: current.since });
  };
  const activity = (text: string) => {
    if (current !== undefined) report({ kind: 'activity', part: current.part, at: clock.now(), text });
  };
  const onEvent = (event: DeploymentEvent) => {
    const part = partOf(event);
    if (part !== undefined) enter(part);
    if (event.kind !== 'step-finished' && event.kind !== 'ready') activity(event.message);
  };
  return { enter, activity, finish, onEvent, times: () => [...times.values()] };
}

function partOf(event: DeploymentEvent): Part | undefined {
  const data = event.data;
  if (typeof data !== 'object' || data === null || !('step' in data)) return undefined;
  switch (data.step) {
    case 'ensure-tenant':
    case 'decide-attach':
    case 'remember':
    case 'ensure-ground':
      return 'ground';
    case 'boot-nodes':
      return 'boot';
    case 'await-cluster':
    case 'update-resources':
    case 'update-load-balancers':
    case 'update-membership':
    case 'drain-node':
    case 'stop-member':
    case 'forget-node':
      return 'cluster';
    case 'remove-nodes':
    case 'remove-all':
      return 'removal';
    default:
      return undefined;
  }
}
