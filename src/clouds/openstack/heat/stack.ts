/** One stack as Heat tells of it. */
import { z } from 'zod';

export const StackRecord = z.object({
  id: z.string(),
  stack_name: z.string(),
  /** `CREATE_COMPLETE`, `UPDATE_IN_PROGRESS`, `DELETE_FAILED`… */
  stack_status: z.string(),
  stack_status_reason: z.string().nullish(),
});
export type StackRecord = z.output<typeof StackRecord>;
export type Stack = { readonly id: string; readonly name: string; readonly status: string; readonly reason: string };

export const stackOf = ({ id, stack_name, stack_status, stack_status_reason }: StackRecord): Stack => ({
  id,
  name: stack_name,
  status: stack_status,
  reason: stack_status_reason ?? '',
});
export const stackPath = ({ id, name }: Pick<Stack, 'id' | 'name'>): string =>
  `/stacks/${encodeURIComponent(name)}/${id}`;
