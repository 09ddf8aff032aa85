/**
 * Stacks in Heat: looked up, made, changed and deleted, each call followed to its end for a bounded time. What is in
 * progress is waited for by id: after its deletion a name no longer says how it ended.
 * Source: Orchestration API v1, "Stacks", "Stack resources", "Stack templates".
 */
import { z } from 'zod';
import { deploymentTag, type HeatTemplate } from '../../../artefacts/heat/index.ts';
import { asRefusal, Refusal } from '../../../kernel/refusal.ts';
import { type OpenStackClient, waitUntil } from '../client/index.ts';
import { readAll, readOne } from '../read.ts';
import { failureOf } from './failure.ts';
import { listResources } from './resources.ts';
import { type Stack, StackRecord, stackOf, stackPath } from './stack.ts';

type Parameters = Readonly<Record<string, unknown>>;

/** A step of the engine that takes longer is begun again, and then waits for the same stack. */
const WAIT_MS = 300_000;
const PAUSE_MS = 1_500;

export const isFailed = ({ status }: Stack): boolean => status.endsWith('_FAILED');
const isMoving = ({ status }: Stack): boolean => status.endsWith('_IN_PROGRESS');
const isGone = ({ status }: Stack): boolean => status === 'DELETE_COMPLETE';

/** In whatever state; none that is deleted. */
export const listStacks = (client: OpenStackClient, deployment: string): Promise<readonly Stack[]> =>
  listed(client, { tags: deploymentTag(deployment) });

/** Everything in the project, ours or not. */
export const listAllStacks = (client: OpenStackClient): Promise<readonly Stack[]> => listed(client, {});

async function listed(client: OpenStackClient, query: Readonly<Record<string, string>>): Promise<readonly Stack[]> {
  const found = await readAll(client, { service: 'orchestration', path: '/stacks', query }, 'stacks', StackRecord);
  return found.map(stackOf);
}

/**
 * The stack of that name once nothing of it is in progress; undefined when there is none.
 * @throws Refusal TIMED_OUT, CONFLICT when it carries another deployment's tag or none
 */
export async function settledStack(
  client: OpenStackClient,
  deployment: string,
  name: string,
): Promise<Stack | undefined> {
  const [found] = await listed(client, { name });
  if (found === undefined) return undefined;
  if (!(await listStacks(client, deployment)).some(({ id }) => id === found.id))
    throw new Refusal('CONFLICT', `a stack ${name} exists and is not deployment ${deployment}'s`, {
      retry: 'never',
      next: 'Give the deployment another name, or delete that stack.',
      data: { stack: name },
    });
  const settled = await settle(client, found);
  if (settled !== undefined && isFailed(settled)) await unhandled(client, settled);
  if (settled?.status !== 'DELETE_FAILED') return settled;
  // Half gone already: nothing can be built on it.
  await deleteStack(client, settled);
  return undefined;
}

async function settle(client: OpenStackClient, stack: Stack): Promise<Stack | undefined> {
  const seen = await waitUntil(
    `the end of ${stack.status} of stack ${stack.name}`,
    () => readStack(client, stack),
    (now) => now === undefined || !isMoving(now),
    { timeoutMs: WAIT_MS, pauseMs: PAUSE_MS },
  );
  if (seen !== undefined && !isGone(seen)) return seen;
  await unlisted(client, stack);
  return undefined;
}

/**
 * Heat gives a stack up with its first resource that fails, and works on at the others, minutes where it tries again.
 * Not for ever: what an engine had in its hands that died stays in progress until an update.
 */
async function unhandled(client: OpenStackClient, stack: Stack): Promise<void> {
  await waitUntil(
    `the end of what Heat still does for stack ${stack.name}`,
    () => listResources(client, stack),
    (resources) => !resources.some(({ resource_status }) => resource_status.endsWith('_IN_PROGRESS')),
    { timeoutMs: WAIT_MS, pauseMs: PAUSE_MS },
  ).catch((error: unknown) => {
    if (asRefusal(error)?.code !== 'TIMED_OUT') throw error;
  });
}

/** Heat lists a stack, and keeps its name, for some seconds after it has told that the deletion is complete. */
async function unlisted(client: OpenStackClient, { id, name }: Stack): Promise<void> {
  await waitUntil(
    `the disappearance of stack ${name}`,
    () => listed(client, { name }),
    (stacks) => stacks.every((stack) => stack.id !== id),
    { timeoutMs: WAIT_MS, pauseMs: PAUSE_MS },
  );
}

async function readStack(client: OpenStackClient, stack: Stack): Promise<Stack | undefined> {
  // Outputs would be computed anew each time.
  const call = { service: 'orchestration', path: stackPath(stack), query: { resolve_outputs: 'False' } } as const;
  return readOne(client, call, 'stack', StackRecord).then(stackOf, ifNotFound);
}

function ifNotFound(error: unknown): undefined {
  if (asRefusal(error)?.code === 'NOT_FOUND') return undefined;
  throw error;
}

/**
 * Heat looks at every resource of a template before it answers: at fifty nodes on two busy cores for more than 75 s.
 * How long it may is its operator's choice (`rpc_response_timeout`).
 */
const patience = { timeoutMs: 600_000, idleTimeoutMs: 600_000 } as const;

/** Without rollback: a failure stays to be looked at, and the next run mends it. @throws Refusal the failure's real cause */
export async function createStack(
  client: OpenStackClient,
  deployment: string,
  name: string,
  wanted: { readonly template: HeatTemplate; readonly parameters: Parameters },
): Promise<void> {
  const body = {
    stack_name: name,
    template: wanted.template,
    parameters: wanted.parameters,
    tags: deploymentTag(deployment),
    disable_rollback: true,
  };
  const made = await client.call({ service: 'orchestration', method: 'POST', path: '/stacks', body, ...patience });
  const { id } = z.object({ stack: z.object({ id: z.string() }) }).parse(made.body).stack;
  await completed(client, { id, name, status: 'CREATE_IN_PROGRESS', reason: '' });
}

/** Parameters that are not given keep their values. @throws Refusal the failure's real cause */
export async function updateStack(
  client: OpenStackClient,
  stack: Stack,
  wanted: { readonly template?: HeatTemplate; readonly parameters: Parameters },
): Promise<void> {
  const body = { ...wanted, disable_rollback: true };
  await client.call({ service: 'orchestration', method: 'PATCH', path: stackPath(stack), body, ...patience });
  await completed(client, { ...stack, status: 'UPDATE_IN_PROGRESS' });
}

async function completed(client: OpenStackClient, stack: Stack): Promise<void> {
  const settled = await settle(client, stack);
  if (settled === undefined)
    throw new Refusal('CONFLICT', `stack ${stack.name} was deleted meanwhile`, { retry: 'later' });
  if (isFailed(settled)) throw await failureOf(client, settled);
}

/** Returns when it is gone. @throws Refusal TIMED_OUT, or why Heat could not */
export async function deleteStack(client: OpenStackClient, stack: Stack): Promise<void> {
  await client
    .call({ service: 'orchestration', method: 'DELETE', path: stackPath(stack) })
    .then(() => undefined, ifNotFound);
  const left = await settle(client, { ...stack, status: 'DELETE_IN_PROGRESS' });
  if (left !== undefined) throw await failureOf(client, left);
}

/** As Heat has it. */
export async function readTemplate(client: OpenStackClient, stack: Stack): Promise<HeatTemplate> {
  const { body } = await client.call({
    service: 'orchestration',
    method: 'GET',
    path: `${stackPath(stack)}/template`,
  });
  const shape = z.looseObject({ resources: z.record(z.string(), z.looseObject({ type: z.string() })).default({}) });
  // What we once posted, which Heat keeps as it was.
  return { parameters: {}, outputs: {}, ...shape.parse(body) } as unknown as HeatTemplate;
}

/** Values by name; hidden ones as stars. */
export async function readParameters(client: OpenStackClient, stack: Stack): Promise<Readonly<Record<string, string>>> {
  const call = { service: 'orchestration', path: stackPath(stack), query: { resolve_outputs: 'False' } } as const;
  const { parameters } = await readOne(
    client,
    call,
    'stack',
    z.object({ parameters: z.record(z.string(), z.string()) }),
  );
  return parameters;
}

/** undefined while the stack has no such output, or no value for it yet. */
export async function readOutput(client: OpenStackClient, stack: Stack, key: string): Promise<unknown> {
  const call = { service: 'orchestration', path: `${stackPath(stack)}/outputs/${key}` } as const;
  const output = await readOne(client, call, 'output', z.object({ output_value: z.unknown() })).catch(ifNotFound);
  return output?.output_value ?? undefined;
}
