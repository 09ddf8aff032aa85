/** What the cloud remembers of a deployment: a parameter of its ground's stack, which hands it out again as an output. */
import { z } from 'zod';
import { groundStackName, MEMORY } from '../../artefacts/heat/index.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { DeploymentMemory } from '../cloud.ts';
import type { OpenStackClient } from './client/index.ts';
import { listStacks, readOutput, settledStack, updateStack } from './heat/stacks.ts';

const Memory = z.object({
  specText: z.string(),
  roster: z.object({
    tiers: z.record(z.string(), z.object({ live: z.array(z.number()), next: z.number() })),
    hosts: z.record(z.string(), z.number()),
    attach: z.record(z.string(), z.enum(['shared', 'moving'])),
  }),
  sealedSecrets: z.record(z.string(), z.string()),
}) satisfies z.ZodType<DeploymentMemory>;

/** @throws Refusal CONFLICT (later) before there is a stack */
export async function writeMemory(
  client: OpenStackClient,
  deployment: string,
  memory: DeploymentMemory,
): Promise<void> {
  const stack = await settledStack(client, deployment, groundStackName(deployment));
  if (stack === undefined)
    throw new Refusal('CONFLICT', `${deployment} has no stack that could remember anything`, { retry: 'later' });
  await updateStack(client, stack, { parameters: { [MEMORY]: JSON.stringify(memory) } });
}

/** undefined when there is none, or none that this version reads. */
export async function readMemory(client: OpenStackClient, deployment: string): Promise<DeploymentMemory | undefined> {
  const stacks = await listStacks(client, deployment);
  const ground = stacks.find(({ name }) => name === groundStackName(deployment));
  const text = ground === undefined ? undefined : await readOutput(client, ground, MEMORY);
  return typeof text === 'string' ? parseMemory(text) : undefined;
}

function parseMemory(text: string): DeploymentMemory | undefined {
  try {
    return Memory.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
