/** Arguments -> one command run -> exit code. Everything a command may throw ends here. */
import { CommanderError } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { type Globals, openSession, type Session, type Shell } from './shell.ts';
import type { Start } from './start.ts';

export async function runCli(argv: readonly string[], shell: Shell): Promise<number> {
  let session: Session | undefined;
  let exitCode: number = exitCodes.ok;
  const start: Start = async (load, input) => {
    session = openSession(shell, program.opts<Globals>(), argv);
    exitCode = await (await load()).run(session, input);
  };
  const program = buildProgram(start, shell).configureOutput({
    writeOut: (text) => shell.stdout.write(text),
    writeErr: (text) => shell.stderr.write(text),
    getOutHelpWidth: () => shell.stdout.columns(),
    getErrHelpWidth: () => shell.stderr.columns(),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().copyInheritedSettings(program);
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said it already; `--help` and `--version` end this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { reportError } = await import('./report-error.ts');
    return reportError(session ?? openSession(shell, {}, argv), error);
  }
}
