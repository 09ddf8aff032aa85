import type { Session } from './shell.ts';

/** A command's own module: it gets its session and its input, and returns the exit code. */
export type CommandModule<Input> = { readonly run: (session: Session, input: Input) => Promise<number> };

export type Start = <Input>(load: () => Promise<CommandModule<Input>>, input: Input) => Promise<void>;
