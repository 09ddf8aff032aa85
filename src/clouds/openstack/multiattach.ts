/**
 * Whether this cloud can attach one volume to several servers, and with which volume type. Multiattach is a property
 * of a type (`multiattach: "<is> True"`), but not everybody may read types' extra specs, and a type may promise
 * what no back end keeps: so a small volume is made, its own `multiattach` attribute read, and the volume removed.
 * Source: Cinder administration guide, "Volume multi-attach"; Block Storage API "Volumes", "Volume types".
 */
import { z } from 'zod';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import { type OpenStackClient, waitUntil } from './client/index.ts';
import { readAll, readOne } from './read.ts';

export type MultiattachAnswer = {
  /** To make shared volumes with; undefined: the cloud's default type. */
  readonly type?: string;
  readonly multiattach: boolean;
  /** In words. */
  readonly because: string;
};

const PURPOSE = { 'quorate:purpose': 'multiattach-probe' } as const;
/** Back ends that prepare a volume by copying are slow even with 1 GiB. */
const PROBE_TIMEOUT_MS = 180_000;
/** Where nobody may read what a type can do, not more of them are tried. */
const MOST_TRIED = 4;

const TypeRecord = z.object({ name: z.string(), extra_specs: z.record(z.string(), z.string()).nullish() });
const VolumeRecord = z.object({
  id: z.string(),
  status: z.string(),
  multiattach: z.boolean(),
  metadata: z.record(z.string(), z.string()).default({}),
});
type VolumeRecord = z.output<typeof VolumeRecord>;

/**
 * Leaves nothing behind: a probe of the same `deployment` that an earlier run left is removed first. Without `type` any may be found.
 * @throws Refusal QUOTA_EXCEEDED (not even one volume of 1 GiB), NOT_FOUND (`type`), TIMED_OUT, and those of the client
 */
export async function probeMultiattach(
  client: OpenStackClient,
  deployment: string,
  type?: string,
): Promise<MultiattachAnswer> {
  await removeProbes(client, deployment);
  const types = await readAll(client, { service: 'volumev3', path: '/types' }, 'volume_types', TypeRecord);
  if (type !== undefined && !types.some(({ name }) => name === type))
    throw new Refusal('NOT_FOUND', `the cloud has no volume type ${type}`, {
      retry: 'never',
      data: { type, known: types.map(({ name }) => name) },
    });
  const candidates = worthTrying(types, type);
  for (const candidate of candidates) {
    if (await probe(client, deployment, candidate))
      return {
        type: candidate,
        multiattach: true,
        because: `a volume of type ${candidate} can be attached to several servers`,
      };
  }
  const because =
    candidates.length > 0
      ? `a volume of type ${candidates.join(' or ')} was made, and cannot be attached to several servers`
      : `no volume type (${types.map(({ name }) => name).join(', ')}) has multiattach in its extra specs`;
  return { ...(type === undefined ? {} : { type }), multiattach: false, because };
}

/** Those that promise it; all of them where their specs cannot be read. */
function worthTrying(types: readonly z.output<typeof TypeRecord>[], given: string | undefined): readonly string[] {
  const considered = types.filter(({ name }) => given === undefined || name === given);
  const promising = considered.filter(({ extra_specs }) => extra_specs?.['multiattach'] === '<is> True');
  const readable = types.some(({ extra_specs }) => Object.keys(extra_specs ?? {}).length > 0);
  return (readable ? promising : considered).map(({ name }) => name).slice(0, MOST_TRIED);
}

async function probe(client: OpenStackClient, deployment: string, type: string): Promise<boolean> {
  const metadata = { ...PURPOSE, 'quorate:deployment': deployment };
  const volume = { name: `quorate-probe-${deployment}`, size: 1, volume_type: type, metadata };
  try {
    const made = await client.call({ service: 'volumev3', method: 'POST', path: '/volumes', body: { volume } });
    const { id } = z.object({ volume: z.object({ id: z.string() }) }).parse(made.body).volume;
    const settled = await waitUntil('the probe volume', () => volumeOf(client, id), isSettled, {
      timeoutMs: PROBE_TIMEOUT_MS,
    });
    // In error: no back end could make a volume of this type.
    return settled.status === 'available' && settled.multiattach;
  } finally {
    await removeProbes(client, deployment);
  }
}

const isSettled = ({ status }: VolumeRecord): boolean => status === 'available' || status.startsWith('error');

const volumeOf = (client: OpenStackClient, id: string): Promise<VolumeRecord> =>
  readOne(client, { service: 'volumev3', path: `/volumes/${id}` }, 'volume', VolumeRecord);

/** Whatever made them: this run, one that was killed, or one whose answer to the creation was lost. */
async function removeProbes(client: OpenStackClient, deployment: string): Promise<void> {
  const volumes = await readAll(client, { service: 'volumev3', path: '/volumes/detail' }, 'volumes', VolumeRecord);
  const probes = volumes.filter(
    ({ metadata }) =>
      metadata['quorate:purpose'] === PURPOSE['quorate:purpose'] && metadata['quorate:deployment'] === deployment,
  );
  for (const { id } of probes) await removeVolume(client, id);
}

async function removeVolume(client: OpenStackClient, id: string): Promise<void> {
  const options = { timeoutMs: PROBE_TIMEOUT_MS };
  try {
    // Cinder refuses to delete a volume that it is still making, with a 400.
    const found = await waitUntil(
      'the probe volume',
      () => volumeOf(client, id),
      (seen) => isSettled(seen) || seen.status === 'deleting',
      options,
    );
    if (found.status !== 'deleting')
      await client.call({ service: 'volumev3', method: 'DELETE', path: `/volumes/${id}` });
    await waitUntil(
      'the removal of the probe volume',
      () => volumeOf(client, id),
      () => false,
      options,
    );
  } catch (error) {
    if (asRefusal(error)?.code !== 'NOT_FOUND') throw error;
  }
}
