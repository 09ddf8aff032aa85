import type { DeploymentRecord, Engine } from '../engine/engine.ts';
import { asRefusal } from '../kernel/refusal.ts';
import type { DeploymentState } from '../status/status.ts';
import type { Context } from './context.ts';

export type DeploymentLine = {
  readonly name: string;
  readonly cloud: string;
  /** `unknown`: it could not be looked at, see `because`. */
  readonly state: DeploymentState | 'unknown';
  readonly because: string;
  readonly desired: 'present' | 'absent';
  readonly generation: number;
  readonly nodes: number;
  readonly online: number;
  readonly outside: readonly string[];
  readonly createdAt: string;
};

/** Every deployment, by name, observed now; empty where nothing was ever applied. */
export async function list(context: Context): Promise<readonly DeploymentLine[]> {
  const engine = await context.findEngine();
  if (engine === undefined) return [];
  return Promise.all((await engine.list()).map((record) => line(engine, record)));
}

async function line(engine: Engine, record: DeploymentRecord): Promise<DeploymentLine> {
  const { name, cloud, desired, generation } = record;
  const known = { name, cloud, desired, generation, createdAt: new Date(record.createdAt).toISOString() };
  try {
    const seen = await engine.status(name);
    const states = Object.values(seen.nodes).map((node) => node.state);
    return {
      ...known,
      state: seen.state,
      because: seen.because,
      nodes: states.length,
      online: states.filter((state) => state === 'online').length,
      outside: seen.vips.flatMap((vip) => vip.outside ?? []),
    };
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    return { ...known, state: 'unknown', because: refusal.message, nodes: 0, online: 0, outside: [] };
  }
}
