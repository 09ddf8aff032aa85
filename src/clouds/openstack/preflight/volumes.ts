/** Volume types: whether the named one exists, and whether any promises what shared volumes need. */
import { z } from 'zod';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { nearest } from '../../../spec/suggest.ts';
import { readAll } from '../read.ts';
import { type Asking, problem, typeOf } from './asking.ts';

const TypeRecord = z.object({ name: z.string(), extra_specs: z.record(z.string(), z.string()).nullish() });

/** Changes nothing: what a type keeps of its promise only a volume can tell (`../multiattach.ts`). */
export async function checkVolumeTypes({ client, settings, demand }: Asking): Promise<readonly Diagnostic[]> {
  if (demand.volumes.length === 0) return [];
  const types = await readAll(client, { service: 'volumev3', path: '/types' }, 'volume_types', TypeRecord);
  const names = types.map(({ name }) => name);
  const unknown = [...new Set(demand.volumes.map((volume) => typeOf(settings, volume)))].filter(
    (wanted) => wanted !== undefined && !names.includes(wanted),
  );
  if (unknown.length > 0) return unknown.map((wanted = '') => unknownType(wanted, names));
  const shared = demand.volumes.filter(({ attach }) => attach === 'shared');
  const usable = types.filter(({ name }) => name === (settings.sharedVolumeType ?? name));
  const readable = types.some(({ extra_specs }) => Object.keys(extra_specs ?? {}).length > 0);
  const promised = usable.some(({ extra_specs }) => extra_specs?.['multiattach'] === '<is> True');
  if (shared.length === 0 || promised || !readable) return [];
  const message = `volume ${shared.map(({ name }) => name).join(', ')} is to be attached to several nodes, and no usable volume type has multiattach`;
  const hint = 'Write `attach: moving`, or ask the operator for a type with multiattach';
  return [problem('no-multiattach', ['storage'], message, hint)];
}

function unknownType(wanted: string, names: readonly string[]): Diagnostic {
  const near = nearest(wanted, names);
  const hint = near === undefined ? `The cloud has ${names.join(', ')}` : `Did you mean ${near}?`;
  return problem('unknown-volume-type', ['cloud'], `the cloud has no volume type ${wanted}`, hint);
}
