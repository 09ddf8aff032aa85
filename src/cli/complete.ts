/**
 * The words typed so far -> what the last one can become. Works on commander's own tree, so a new command
 * is completed without a line here. Names come from callbacks.
 */
import type { Argument, Command, Option } from 'commander';

export type Candidate = { readonly word: string; readonly is: string };

/** What only the store and the person's files know. */
export type Names = {
  readonly deployments: () => Promise<readonly string[]>;
  readonly nodes: (deployment: string) => Promise<readonly string[]>;
  readonly clouds: () => Promise<readonly string[]>;
};

/** Said instead of words when the shell itself knows better. */
export const completeFiles: Candidate = { word: ':files', is: '' };
export const completeDirectories: Candidate = { word: ':directories', is: '' };

/** `words`: all after the program's own, the last one unfinished, perhaps empty. */
export async function complete(
  program: Command,
  words: readonly string[],
  names: Names,
): Promise<readonly Candidate[]> {
  const last = words.at(-1) ?? '';
  const { command, operands, expecting, ended } = walk(program, words.slice(0, -1));
  const candidates = await candidatesFor({ program, command, operands, expecting, ended, last, names });
  return candidates.filter((each) => each.word.startsWith(':') || each.word.startsWith(last));
}

type Place = {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The option whose value comes now. */
  readonly expecting: Option | undefined;
  /** `--` was typed. */
  readonly ended: boolean;
};

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let operands: readonly string[] = [];
  let expecting: Option | undefined;
  let ended = false;
  for (const word of words) {
    if (expecting !== undefined) expecting = undefined;
    else if (ended) operands = [...operands, word];
    else if (word === '--') ended = true;
    else if (word.startsWith('-'))
      expecting = optionsOf(program, command).find(
        (option) => (option.short === word || option.long === word) && takesValue(option),
      );
    else {
      const child = operands.length === 0 ? findChild(command, word) : undefined;
      if (child === undefined) operands = [...operands, word];
      else command = child;
    }
  }
  return { command, operands, expecting, ended };
}

const findChild = (command: Command, word: string): Command | undefined =>
  command.commands.find((child) => child.name() === word || child.aliases().includes(word));

const takesValue = (option: Option): boolean => option.required || option.optional;

const optionsOf = (program: Command, command: Command): readonly Option[] =>
  command === program ? program.options : [...command.options, ...program.options];

async function candidatesFor(
  place: Place & { readonly program: Command; readonly last: string; readonly names: Names },
): Promise<readonly Candidate[]> {
  const { program, command, operands, expecting, ended, last, names } = place;
  if (expecting !== undefined) return valuesOf(expecting, names);
  if (last.startsWith('-') && !ended) return optionsOf(program, command).flatMap((option) => optionWord(option));
  const children = operands.length === 0 ? visible(command) : [];
  const argument = command.registeredArguments[operands.length];
  const variadic = command.registeredArguments.at(-1);
  const wanted = argument ?? (variadic?.variadic === true ? variadic : undefined);
  return [...children, ...(wanted === undefined ? [] : await operandsFor(wanted, operands, names))];
}

const visible = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ word: child.name(), is: child.summary() || child.description() }));

const optionWord = (option: Option): readonly Candidate[] =>
  option.long === undefined || option.hidden ? [] : [{ word: option.long, is: option.description }];

/** What a value is called in the help says what it is. */
async function valuesOf(option: Option, names: Names): Promise<readonly Candidate[]> {
  if (option.argChoices !== undefined) return option.argChoices.map((word) => ({ word, is: '' }));
  if (option.flags.includes('<file>')) return [completeFiles];
  if (option.flags.includes('<cloud>')) return (await names.clouds()).map((word) => ({ word, is: 'cloud' }));
  return option.flags.includes('<dir>') ? [completeDirectories] : [];
}

async function operandsFor(
  argument: Argument,
  operands: readonly string[],
  names: Names,
): Promise<readonly Candidate[]> {
  if (argument.argChoices !== undefined) return argument.argChoices.map((word) => ({ word, is: '' }));
  const named = (is: string, words: readonly string[]) => words.map((word) => ({ word, is }));
  if (argument.description === 'deployment') return named('deployment', await names.deployments());
  if (argument.description === 'node') return named('node', await names.nodes(operands[0] ?? ''));
  return argument.name() === 'files' ? [completeFiles] : [];
}
