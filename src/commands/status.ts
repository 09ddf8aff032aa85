import type { Context } from './context.ts';
import { findDeployment, topologyOf } from './find-deployment.ts';
import { type StatusView, viewStatus } from './status-view.ts';

/** Observes now. Throws NOT_FOUND, and what the cloud refuses. */
export async function status(context: Context, name: string): Promise<StatusView> {
  const { engine, record } = await findDeployment(context, name);
  return viewStatus(record, topologyOf(record), await engine.status(name));
}
