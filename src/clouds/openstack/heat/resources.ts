/** What a stack holds, and what Heat must be told of it: Heat believes a thing is there until somebody says it is not. */
import { z } from 'zod';
import type { OpenStackClient } from '../client/index.ts';
import { readAll } from '../read.ts';
import { type Stack, stackPath } from './stack.ts';

const ResourceRecord = z.object({
  resource_name: z.string(),
  resource_type: z.string(),
  resource_status: z.string(),
  physical_resource_id: z.string().nullish(),
});
export type ResourceRecord = z.output<typeof ResourceRecord>;

export const listResources = (client: OpenStackClient, stack: Stack): Promise<readonly ResourceRecord[]> =>
  readAll(client, { service: 'orchestration', path: `${stackPath(stack)}/resources` }, 'resources', ResourceRecord);

/** Has the next update of the stack make the resource anew. */
export async function markLost(client: OpenStackClient, stack: Stack, resource: string): Promise<void> {
  await client.call({
    service: 'orchestration',
    method: 'PATCH',
    path: `${stackPath(stack)}/resources/${resource}`,
    body: { mark_unhealthy: true, resource_status_reason: 'it is not there any more' },
  });
}
