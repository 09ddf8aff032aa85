/** What is there after work that did not end well: nothing half-made is left unmentioned. */
import type { Engine } from '../engine/engine.ts';
import { asRefusal, Refusal } from '../kernel/refusal.ts';

export type Standing = {
  readonly name: string;
  readonly desired: 'present' | 'absent';
  /** Sentences without a full stop. */
  readonly exists: readonly string[];
};

/** The refusal with `data.standing`; anything else as it is. Never throws. */
export async function withStanding(engine: Engine, name: string, error: unknown): Promise<unknown> {
  const refusal = asRefusal(error);
  if (refusal === undefined) return error;
  const { code, message, retry, next, data } = refusal;
  const standing = await standingOf(engine, name).catch(() => undefined);
  if (standing === undefined) return error;
  return new Refusal(code, message, {
    retry,
    ...(next === undefined ? {} : { next }),
    data: { ...data, standing },
    cause: refusal.cause,
  });
}

async function standingOf(engine: Engine, name: string): Promise<Standing | undefined> {
  const record = await engine.get(name);
  if (record === undefined) return undefined;
  const exists = await observed(engine, name).catch(() => recorded(engine, name));
  return { name, desired: record.desired, exists };
}

async function observed(engine: Engine, name: string): Promise<readonly string[]> {
  const seen = await engine.status(name);
  if (seen.state === 'absent') return ['nothing of it in the cloud'];
  const nodes = Object.entries(seen.nodes).filter(([, { state }]) => state !== 'absent');
  const volumes = seen.volumes.filter(({ state }) => state === 'present').map((volume) => volume.name);
  const outside = seen.vips.flatMap((vip) => vip.outside ?? []);
  return [
    `it is ${seen.state}: ${seen.because}`,
    nodes.length === 0
      ? 'its tenant, without nodes'
      : `nodes: ${nodes.map(([node, { state }]) => `${node} (${state})`).join(', ')}`,
    ...(volumes.length === 0 ? [] : [`volumes: ${volumes.join(', ')}`]),
    ...(outside.length === 0 ? [] : [`outside addresses: ${outside.join(', ')}`]),
  ];
}

/** The cloud does not answer: what our own events say was made. */
async function recorded(engine: Engine, name: string): Promise<readonly string[]> {
  const finished = (await engine.events(name)).filter(({ kind }) => kind === 'step-finished');
  if (finished.length === 0) return ['as far as its events tell: nothing in the cloud yet'];
  return [
    'the cloud cannot be looked at; by its events these steps were finished:',
    ...finished.map(({ message }) => message),
  ];
}
