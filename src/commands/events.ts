import type { DeploymentEvent } from '../engine/engine.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { Context } from './context.ts';
import { findDeployment } from './find-deployment.ts';

export type EventView = Omit<DeploymentEvent, 'at'> & { readonly at: string };

/** How often a follower looks: soon enough to feel at once, seldom enough to cost nothing. */
const followEveryMs = 300;

/** Oldest first; those of a deleted deployment too. Throws NOT_FOUND for a name never seen. */
export async function events(context: Context, name: string): Promise<readonly EventView[]> {
  const found = (await (await context.findEngine())?.events(name)) ?? [];
  // Nothing to tell of a name that is there is an answer; of one that is not, a refusal.
  if (found.length === 0) await findDeployment(context, name);
  return found.map(view);
}

/** Those there are, and then each as it comes, until the signal. */
export async function* followEvents(context: Context, name: string, signal: AbortSignal): AsyncGenerator<EventView> {
  const before = await events(context, name);
  yield* before;
  const engine = await context.findEngine();
  if (engine === undefined) throw new Refusal('NOT_FOUND', `there is no deployment ${name}`, { retry: 'never' });
  let after = before.at(-1)?.seq ?? 0;
  while (!signal.aborted) {
    const fresh = await engine.events(name, { after });
    yield* fresh.map(view);
    after = fresh.at(-1)?.seq ?? after;
    await context.clock.sleep(followEveryMs, signal).catch(() => undefined);
  }
}

const view = (event: DeploymentEvent): EventView => ({ ...event, at: new Date(event.at).toISOString() });
