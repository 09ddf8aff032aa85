import type { Diagnostic } from '../kernel/diagnostic.ts';

/** A diagnostic before its place in the text is looked up. */
export type Finding = {
  readonly code: string;
  readonly path: Diagnostic['path'];
  readonly message: string;
  readonly hint?: string | undefined;
  /** Which end of `key: value` is wrong. */
  readonly on?: 'key' | 'value';
};
