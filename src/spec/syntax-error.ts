/** What the YAML library says about broken text, in the words of someone who wants it mended. */
import type { ErrorCode } from 'yaml';
import type { Diagnostic } from '../kernel/diagnostic.ts';

const words: Partial<Record<ErrorCode, { readonly message?: string; readonly hint: string }>> = {
  TAB_AS_INDENT: {
    message: 'a tab indents this line, and YAML allows spaces only',
    hint: 'indent with two spaces instead',
  },
  MULTIPLE_DOCS: {
    message: 'a second document starts here',
    hint: 'one file describes one deployment: remove the `---`, or put what follows into a file of its own',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'there is a second `key:` on this line',
    hint: 'put it on a line of its own, or put the text in quotes if the colon belongs to it',
  },
  NON_STRING_KEY: {
    message: 'a key must be a plain word',
    hint: 'write `key: value`, without brackets, tags or aliases before the colon',
  },
  BAD_INDENT: { hint: 'keys of one group start in the same column: two spaces more than the line they belong to' },
  BAD_DQ_ESCAPE: { hint: "use single quotes ('…') where a backslash is meant as it is" },
  BAD_ALIAS: { hint: 'put the text in quotes if it starts with `*` or `&`' },
  MULTILINE_IMPLICIT_KEY: { hint: 'write `key: value`, with the colon on the line of the key' },
  MISSING_CHAR: {
    hint: 'write `key: value` with a space after the colon, and end every quote and bracket that is opened',
  },
  UNEXPECTED_TOKEN: { hint: 'check the quotes, brackets and indentation here and on the line before' },
};

export const unclosedQuote = (at: NonNullable<Diagnostic['at']>): Diagnostic => ({
  code: 'yaml-syntax',
  severity: 'error',
  path: [],
  message: 'a quote opens here and never closes',
  hint: 'end the text with the same quote',
  at,
});

/** `code` and `message` as the library gave them. */
export function describeSyntaxError(code: ErrorCode, message: string, at: NonNullable<Diagnostic['at']>): Diagnostic {
  const known = words[code];
  return {
    code: 'yaml-syntax',
    severity: 'error',
    path: [],
    message: known?.message ?? `YAML: ${message}`,
    hint: known?.hint ?? 'check the indentation, quotes and brackets here and on the line before',
    at,
  };
}
