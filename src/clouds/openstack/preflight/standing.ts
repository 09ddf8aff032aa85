/** What the deployment has already: preflight of a change asks only for what is missing. */
import { asRefusal } from '../../../kernel/refusal.ts';
import type { OpenStackClient } from '../client/index.ts';
import { listResources } from '../heat/resources.ts';
import type { Stack } from '../heat/stack.ts';
import { listStacks } from '../heat/stacks.ts';

export type Standing = {
  /** Whether the stack has made the resource. */
  readonly has: (stack: string, resource: string) => boolean;
  /** Of whatever its stacks made. */
  readonly ids: ReadonlySet<string>;
};

export const nothingStands: Standing = { has: () => false, ids: new Set() };

/** `nothingStands` for a deployment that has no stack. */
export async function standingOf(client: OpenStackClient, deployment: string): Promise<Standing> {
  const stacks = await listStacks(client, deployment);
  const made = (await Promise.all(stacks.map((stack) => resourcesOf(client, stack)))).flat();
  const names = new Set(made.map(({ stack, name }) => key(stack, name)));
  return { has: (stack, resource) => names.has(key(stack, resource)), ids: new Set(made.map(({ id }) => id)) };
}

const key = (stack: string, resource: string): string => `${stack} ${resource}`;

type Made = { readonly stack: string; readonly name: string; readonly id: string };

async function resourcesOf(client: OpenStackClient, stack: Stack): Promise<readonly Made[]> {
  const all = await listResources(client, stack).catch((error: unknown) => {
    // The stack was deleted in between.
    if (asRefusal(error)?.code === 'NOT_FOUND') return [];
    throw error;
  });
  return all.flatMap(({ resource_name: name, physical_resource_id: id }) =>
    typeof id === 'string' && id !== '' ? [{ stack: stack.name, name, id }] : [],
  );
}
