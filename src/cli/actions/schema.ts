import { deploymentSchema } from '../../commands/schema.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../shell.ts';

export async function run(session: Session): Promise<number> {
  session.stdout.write(deploymentSchema());
  return exitCodes.ok;
}
