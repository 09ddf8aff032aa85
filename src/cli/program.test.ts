import { describe, expect, it } from 'vitest';
import { buildProgram } from './program.ts';

/** The input of the command that the words start; undefined when none was. */
async function parsed(...words: string[]): Promise<unknown> {
  let started: unknown;
  const start = async (_load: unknown, input: unknown) => {
    started = input;
  };
  const program = buildProgram(start, { version: '1.2.3' });
  const quiet = { writeOut: () => undefined, writeErr: () => undefined };
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput(quiet);
  await program.parseAsync(words, { from: 'user' });
  return { ...(started as object), ...program.opts() };
}

describe('arguments', () => {
  it('take a time in words and know a default', async () => {
    expect(await parsed('apply', '-f', 'x.yaml', '--timeout', '90s')).toMatchObject({
      file: 'x.yaml',
      timeoutMs: 90_000,
    });
    expect(await parsed('apply', '-f', 'x.yaml')).toMatchObject({ timeoutMs: 600_000 });
  });

  it('take global options before and after the command', async () => {
    expect(await parsed('--json', 'status', 'web')).toMatchObject({ name: 'web', json: true, watch: false });
    expect(await parsed('status', 'web', '--json', '--no-color')).toMatchObject({
      name: 'web',
      json: true,
      color: false,
    });
  });

  it("leave everything after -- to the node's program", async () => {
    expect(await parsed('exec', 'web', 'app-1', '--', 'crm_mon', '-1', '--json', '-v')).toEqual({
      name: 'web',
      node: 'app-1',
      argv: ['crm_mon', '-1', '--json', '-v'],
      stdin: false,
      color: true,
    });
  });

  it.each([
    [['aply'], 'commander.unknownCommand', 'Did you mean apply?'],
    [['apply', '-f', 'x', '--timout', '3s'], 'commander.unknownOption', 'Did you mean --timeout?'],
    [['apply'], 'commander.missingMandatoryOptionValue', '--file'],
    [['apply', '-f', 'x', '--timeout', '3'], 'commander.invalidArgument', 'a time like 90s'],
    [['apply', '-f', 'x', '--timeout', '0s'], 'commander.invalidArgument', 'a time like 90s'],
    [['status'], 'commander.missingArgument', 'name'],
    [['status', 'one', 'two'], 'commander.excessArguments', 'too many'],
    [['init', '-s', 'huge'], 'commander.invalidArgument', 'balanced-storage'],
  ])('refuse %j with the nearest right word', async (words, code, message) => {
    await expect(parsed(...words)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('the help', () => {
  it('names every command in one short line', () => {
    const program = buildProgram(() => Promise.resolve(), { version: '1' });
    const visible = program.createHelp().visibleCommands(program);
    for (const command of visible) {
      const line = command.summary() || command.description();
      expect(line.length, command.name()).toBeLessThanOrEqual(50);
    }
    expect(program.helpInformation()).not.toContain('__complete');
  });
});
