/** Names for a shell's completion: a stored fact each, quick, never an error. */
import { asRefusal } from '../kernel/refusal.ts';
import type { Context } from './context.ts';

export const deploymentNames = (context: Context): Promise<readonly string[]> =>
  orNone(async () => ((await (await context.findEngine())?.list()) ?? []).map(({ name }) => name));

export const nodeNames = (context: Context, deployment: string): Promise<readonly string[]> =>
  orNone(async () => {
    const record = await (await context.findEngine())?.get(deployment);
    const tiers = Object.entries(record?.roster.tiers ?? {});
    return tiers.flatMap(([tier, { live }]) => live.map((id) => `${tier}-${id}`));
  });

export const cloudNames = (context: Context): Promise<readonly string[]> => orNone(context.cloudNames);

async function orNone(work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await work();
  } catch (error) {
    if (asRefusal(error) === undefined) throw error;
    return [];
  }
}
