import { openShell } from '../../commands/node-command.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../shell.ts';

const loginShell = ['/bin/bash', '-l'];

export type SshInput = { readonly name: string; readonly node: string; readonly argv: readonly string[] };

export async function run(session: Session, { name, node, argv }: SshInput): Promise<number> {
  if (!session.stdin.isTty || !session.stdout.isTty) {
    session.stderr.write(
      `ssh opens a terminal, and this is none. For programs: ${session.program} exec ${name} ${node} -- COMMAND\n`,
    );
    return exitCodes.usage;
  }
  return openShell(await session.context(), { deployment: name, node, argv: argv.length === 0 ? loginShell : argv });
}
