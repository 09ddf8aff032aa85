import { importDeployment } from '../../commands/import.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson, type Session } from '../shell.ts';

export async function run(session: Session, input: { readonly name: string; readonly cloud: string }): Promise<number> {
  const imported = await importDeployment(await session.context(), input);
  const { name, cloud, scenario, nodes } = imported;
  if (session.json) printJson(session, imported);
  else
    print(session, [
      `${name} is taken in from the cloud ${cloud}: scenario ${scenario}, ${nodes.length} nodes.`,
      `Next: ${session.program} status ${name}`,
    ]);
  return exitCodes.ok;
}
