import { Refusal } from '../../kernel/refusal.ts';

/** Something has the name that the deployment needs, and is somebody else's. */
export const notOurs = (what: string, name: string): Refusal =>
  new Refusal('CONFLICT', `${what} and was not made by Quorate for this deployment`, {
    retry: 'never',
    next: `Remove or rename it, or give the deployment another name.`,
    data: { name },
  });
