/**
 * The story of one deployment, told once: an event is written when something begins, ends or changes, and
 * not again for every look at the same thing.
 */
import type { Clock } from '../kernel/clock.ts';
import { describeAwait, describeStep } from '../plan/describe-step.ts';
import type { Step } from '../plan/step.ts';
import type { DeploymentEvent } from './engine.ts';
import type { NewEvent, Store } from './store/store.ts';

export type Journal = {
  /** Always written. */
  tell(kind: string, message: string, data?: unknown): Promise<void>;
  /** Written when it differs from what was last told about the topic. */
  change(topic: string, kind: string, message: string, data?: unknown): Promise<void>;
  /** A step that takes its time by itself: told when it begins, when what it waits for changes, and at its end. */
  awaiting(steps: readonly AwaitStep[]): Promise<void>;
  /** An event of this deployment that is stored elsewhere. */
  now(kind: string, message: string, data?: unknown): NewEvent;
  pass(event: DeploymentEvent): void;
};

export type AwaitStep = Extract<Step, { kind: 'await-cluster' }>;

export function openJournal(context: {
  readonly deployment: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly onEvent: (event: DeploymentEvent) => void;
}): Journal {
  const { deployment, store, clock, onEvent } = context;
  const told = new Map<string, string>();
  const begun = new Map<string, number>();

  const now: Journal['now'] = (kind, message, data) => ({
    deployment,
    at: clock.now(),
    kind,
    message,
    ...(data === undefined ? {} : { data }),
  });
  const tell: Journal['tell'] = async (kind, message, data) => onEvent(await store.append(now(kind, message, data)));
  const change: Journal['change'] = async (topic, kind, message, data) => {
    const text = `${kind} ${message}`;
    if (told.get(topic) === text) return;
    await tell(kind, message, data);
    told.set(topic, text);
  };
  const awaiting: Journal['awaiting'] = async (steps) => {
    for (const step of steps) {
      const data = { step: step.kind, cluster: step.cluster };
      if (!begun.has(step.cluster)) {
        await tell('step-started', describeStep(step), { ...data, because: step.because });
        begun.set(step.cluster, clock.now());
      }
      const waiting = `waiting for ${step.waitingFor.join(', ')}`;
      await change(`await ${step.cluster}`, 'waiting', waiting, { ...data, waitingFor: step.waitingFor });
    }
    for (const [cluster, since] of begun) {
      if (steps.some((step) => step.cluster === cluster)) continue;
      begun.delete(cluster);
      const elapsedMs = clock.now() - since;
      await tell('step-finished', describeAwait(cluster), { step: 'await-cluster', cluster, elapsedMs });
    }
  };
  return { tell, change, awaiting, now, pass: onEvent };
}
