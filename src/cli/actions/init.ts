import { renderStarter } from '../../commands/starter.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeNewFile } from '../files.ts';
import { print, printJson, type Session } from '../shell.ts';

export type InitInput = {
  readonly name: string;
  readonly scenario: string;
  readonly output: string;
  readonly force: boolean;
};

export async function run(session: Session, input: InitInput): Promise<number> {
  const text = await renderStarter(input);
  if (input.output === '-') {
    session.stdout.write(text);
    return exitCodes.ok;
  }
  writeNewFile(input.output, text, { force: input.force });
  const { program } = session;
  if (session.json) printJson(session, { file: input.output, name: input.name, scenario: input.scenario });
  else {
    print(session, [
      `Wrote ${input.output}: deployment ${input.name}, scenario ${input.scenario}.`,
      `Next: edit it, then ${program} plan -f ${input.output} and ${program} apply -f ${input.output}`,
    ]);
  }
  return exitCodes.ok;
}
