/**
 * Why a stack failed, in the words of the service that said no, not of Heat, which repeats them at every level.
 * Heat gives a reason as text only, with the name of its exception in front: that name is matched as a code is.
 * Source: heat/engine/resource.py (`_action_recorder`), python-neutronclient's and -novaclient's exceptions.
 */
import { z } from 'zod';
import { Refusal, type RefusalCode } from '../../../kernel/refusal.ts';
import type { OpenStackClient } from '../client/index.ts';
import { readAll } from '../read.ts';
import { type Stack, stackPath } from './stack.ts';

const FailedResource = z.object({
  resource_name: z.string(),
  resource_type: z.string(),
  resource_status: z.string(),
  resource_status_reason: z.string().nullish(),
  updated_time: z.string(),
});
type FailedResource = z.output<typeof FailedResource>;

export async function failureOf(client: OpenStackClient, stack: Stack): Promise<Refusal> {
  const path = `${stackPath(stack)}/resources`;
  const resources = await readAll(client, { service: 'orchestration', path }, 'resources', FailedResource);
  // The first that failed is the cause; Heat then stops the others, which counts as their failure.
  const [first] = resources
    .filter(({ resource_status }) => resource_status.endsWith('_FAILED'))
    .toSorted((one, other) => one.updated_time.localeCompare(other.updated_time));
  return refusalOf(stack, first);
}

/** Exported for its test. */
export function refusalOf(stack: Stack, failed: FailedResource | undefined): Refusal {
  const reason = failed?.resource_status_reason ?? stack.reason;
  const { exception, words } = reasonIn(reason);
  const { code, retry, next } = judge(exception, words);
  const what = failed === undefined ? `stack ${stack.name}` : `${failed.resource_name} of stack ${stack.name}`;
  return new Refusal(code, `${what} failed: ${words}`, {
    retry,
    next,
    data: {
      stack: stack.name,
      status: stack.status,
      reason,
      ...(failed === undefined ? {} : { resource: failed.resource_name, type: failed.resource_type }),
    },
  });
}

/** `ResourceInError: resources.app_1_server: Went to status ERROR due to "…"`. */
function reasonIn(reason: string): { readonly exception: string; readonly words: string } {
  const match =
    /^(?:Resource [A-Z]+ failed: )?(?:(?<exception>[A-Za-z.]+): )?(?:resources\S*: )?(?<words>[\s\S]*)$/.exec(reason);
  return { exception: match?.groups?.['exception'] ?? '', words: match?.groups?.['words'] ?? reason };
}

type Judgement = { readonly code: RefusalCode; readonly retry: 'later' | 'never'; readonly next: string };

const quotaExceptions = new Set(['OverQuotaClient', 'OverLimit', 'OverQuota']);
const addressExceptions = new Set(['IpAddressInUseClient', 'IpAddressAlreadyAllocatedClient', 'IpAddressInUse']);

function judge(exception: string, words: string): Judgement {
  // Nova says a full quota and a forbidden thing alike, see `client/refusals.ts`.
  const novaQuota = exception === 'Forbidden' && words.startsWith('Quota exceeded');
  if (quotaExceptions.has(exception) || novaQuota)
    return {
      code: 'QUOTA_EXCEEDED',
      retry: 'never',
      next: 'Ask the operator for a larger quota, or remove something; then run the same command again.',
    };
  if (addressExceptions.has(exception))
    return { code: 'ADDRESS_TAKEN', retry: 'never', next: 'Free that address, or choose another.' };
  return {
    code: 'CLOUD_REFUSED',
    retry: 'later',
    next: 'Mend the cause, or ask the operator; the same command goes on from here.',
  };
}
