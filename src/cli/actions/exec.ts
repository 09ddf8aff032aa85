import { runOnNode } from '../../commands/node-command.ts';
import { printJson, type Session } from '../shell.ts';

/** What every shell answers for a program that is not there. */
const notFoundByShells = 127;

export type ExecInput = {
  readonly name: string;
  readonly node: string;
  readonly argv: readonly string[];
  readonly stdin: boolean;
};

/** Ends with the program's own exit code. */
export async function run(session: Session, { name, node, argv, stdin }: ExecInput): Promise<number> {
  const given = stdin ? { stdin: await session.stdin.text() } : {};
  const result = await runOnNode(await session.context(), { deployment: name, node, argv, ...given });
  if (session.json) printJson(session, { node, ...result });
  else {
    session.stdout.write(result.stdout);
    session.stderr.write(result.stderr);
    // The cloud starts the program itself: no shell there says that it is missing.
    const silent = result.stdout === '' && result.stderr === '';
    if (result.exitCode === notFoundByShells && silent) session.stderr.write(`${node} has no program ${argv[0]}\n`);
  }
  return result.exitCode;
}
