/**
 * What the command line needs from its process, so that it can be run in a test as it is in life, and what
 * one call of it works with.
 */
import type { Context } from '../commands/context.ts';
import type { Clock } from '../kernel/clock.ts';
import { colourStyle, noStyle, type Style } from './style.ts';

export type Output = {
  readonly write: (text: string) => void;
  readonly isTty: boolean;
  readonly columns: () => number;
};

export type Shell = {
  readonly stdin: {
    readonly isTty: boolean;
    readonly text: () => Promise<string>;
    readonly line: (question: string) => Promise<string>;
  };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** What a person types to run us from here: `quorate`, `./quorate`. */
  readonly program: string;
  readonly version: string;
  readonly openContext: (stateDirectory: string) => Promise<Context>;
};

/** Options that every command has. */
export type Globals = {
  readonly json?: boolean;
  readonly state?: string;
  readonly color?: boolean;
  readonly verbose?: boolean;
};

export type Session = Shell & {
  readonly json: boolean;
  readonly verbose: boolean;
  /** For stdout. */
  readonly style: Style;
  readonly errorStyle: Style;
  readonly context: () => Promise<Context>;
  /** What the person typed: the command that goes on after a stop. */
  readonly typed: string;
  /** The file that a diagnostic is about, to show its lines. */
  readonly sources: Source[];
};

export type Source = { readonly file: string; readonly text: string };

export const defaultStateDirectory = '/var/lib/quorate';

export function openSession(shell: Shell, globals: Globals, argv: readonly string[] = []): Session {
  const { environment } = shell;
  // https://no-color.org: set to anything but nothing.
  const wanted = globals.color !== false && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
  const styleOf = (output: Output) => (wanted && output.isTty ? colourStyle : noStyle);
  let context: Promise<Context> | undefined;
  return {
    ...shell,
    // Every hint is to work as it stands, in the state directory that was meant.
    program: globals.state === undefined ? shell.program : `${shell.program} --state ${quoted(globals.state)}`,
    json: globals.json === true,
    verbose: globals.verbose === true,
    style: styleOf(shell.stdout),
    errorStyle: styleOf(shell.stderr),
    context: () => (context ??= shell.openContext(globals.state ?? environment.QUORATE_STATE ?? defaultStateDirectory)),
    typed: [shell.program, ...argv.map(quoted)].join(' '),
    sources: [],
  };
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export const print = (session: Session, lines: readonly string[]): void => {
  if (lines.length > 0) session.stdout.write(`${lines.join('\n')}\n`);
};

/** Data for programs: stable keys, two spaces, one document. */
export const printJson = (session: Session, data: unknown): void =>
  session.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
