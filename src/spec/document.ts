/**
 * YAML text in; its value, and the line and column of every place in it, out. Refuses to know what the
 * value means. Everything here is bounded, because the text may come from a stranger: its size, the
 * number of problems told, and what aliases can blow up to. Follows YAML 1.2.2 and the `yaml` library's
 * document API.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { describeSyntaxError, unclosedQuote } from './syntax-error.ts';

type Path = Diagnostic['path'];
type Position = NonNullable<Diagnostic['at']>;

/** Where things stand in one text. */
export type Places = {
  /** The value at the path, or the nearest thing around it that exists; a whole group's or list's key. */
  readonly value: (path: Path) => Position;
  /** The key that names the path's last part; the value where there is no key. */
  readonly key: (path: Path) => Position;
  /** The text of a plain value as it was written: `0644`. */
  readonly source: (path: Path) => string | undefined;
};

export type ReadDocument =
  | { readonly value: unknown; readonly places: Places; readonly diagnostics: readonly Diagnostic[] }
  | { readonly places?: undefined; readonly diagnostics: readonly Diagnostic[] };

const maxCharacters = 256 * 1024;
const maxProblems = 10;

export function readDocument(text: string): ReadDocument {
  if (text.length > maxCharacters)
    return fail('too-large', `the file has ${text.length} characters, more than the ${maxCharacters} that are read`);
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Looked for below: the library compares every key with every other.
    uniqueKeys: false,
  });
  const errors = document.errors.map(({ code, message, pos }) => {
    const quote = code === 'MISSING_CHAR' ? openQuote(document, pos[0]) : undefined;
    return quote === undefined ? describeSyntaxError(code, message, at(pos[0])) : unclosedQuote(at(quote));
  });
  // One slip often breaks the rest of its line as well; the first complaint is the one about the slip.
  const syntax = firstPerLine([...errors, ...structureProblems(document, at)]).slice(0, maxProblems);
  if (syntax.length > 0) return { diagnostics: syntax };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return fail(
      'empty-document',
      'there is nothing in this file',
      'start with the lines `apiVersion: quorate/v1` and `name: my-cluster`',
    );
  const warnings = document.warnings.map(
    ({ message, pos }): Diagnostic => ({
      code: 'yaml-warning',
      severity: 'warning',
      path: [],
      message: `YAML: ${message}`,
      at: at(pos[0]),
    }),
  );
  const expanded = expand(document);
  if (expanded === undefined)
    return fail('too-many-aliases', 'the aliases (`*name`) in this file repeat too much', 'write the values out');
  return { value: expanded.value, places: placesOf(document, at), diagnostics: warnings };
}

const fail = (code: string, message: string, hint?: string): ReadDocument => ({
  diagnostics: [
    { code, severity: 'error', path: [], message, ...(hint === undefined ? {} : { hint }), at: { line: 1, column: 1 } },
  ],
});

/** undefined when expanding the aliases would take more than the library allows. */
function expand(document: Document): { readonly value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    // Aliases without an anchor were refused before, so this is the library's limit and nothing else.
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** Where the quoted text starts that is still open at `offset`: the library points to where it gave up. */
function openQuote(document: Document, offset: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar(_, { type, range }) {
      const quoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
      if (quoted && range && range[0] < offset && offset <= range[2] + 1) start = range[0];
    },
  });
  return start;
}

function firstPerLine(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<number | undefined>();
  return diagnostics
    .toSorted((one, other) => (one.at?.line ?? 0) - (other.at?.line ?? 0))
    .filter(({ at }) => !seen.has(at?.line) && seen.add(at?.line));
}

/** Keys written twice and aliases of nothing: what the grammar allows and no value can hold. */
function structureProblems(document: Document, at: (offset: number) => Position): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const startOf = (node: unknown): Position => at((node as Node).range?.[0] ?? 0);
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      problems.push({
        code: 'unknown-alias',
        severity: 'error',
        path: [],
        message: `\`*${alias.source}\` stands for nothing: no \`&${alias.source}\` comes before it`,
        hint: `put the text in quotes if it is meant as it is: "*${alias.source}"`,
        at: startOf(alias),
      });
    },
    Map(_, map) {
      const first = new Map<string, Position>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : String(key);
        const earlier = first.get(name);
        if (earlier === undefined) first.set(name, startOf(key));
        else
          problems.push({
            code: 'duplicate-key',
            severity: 'error',
            path: [],
            message: `\`${name}\` is written twice in the same group`,
            hint: `it also stands on line ${earlier.line}: keep one, or join the two`,
            at: startOf(key),
          });
      }
    },
  });
  return problems;
}

function placesOf(document: Document, at: (offset: number) => Position): Places {
  const find = (path: Path) => {
    let node: unknown = document.contents;
    let key: unknown;
    for (const part of path) {
      const next = childOf(document, node, part);
      if (next === undefined) return { node, key, complete: false };
      ({ node, key } = next);
    }
    return { node, key, complete: true };
  };
  const start = (node: unknown): Position => at((node as Node | null)?.range?.[0] ?? 0);
  return {
    value: (path) => {
      const { node, key } = find(path);
      return start(isMap(node) || isSeq(node) ? (key ?? node) : node);
    },
    key: (path) => {
      const found = find(path);
      return start(found.key ?? found.node);
    },
    source: (path) => {
      const { node, complete } = find(path);
      return complete && isScalar(node) ? node.source : undefined;
    },
  };
}

function childOf(
  document: Document,
  parent: unknown,
  part: string | number,
): { node: unknown; key?: unknown } | undefined {
  const container = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(container)) {
    const node = typeof part === 'number' ? container.items[part] : undefined;
    return node === undefined ? undefined : { node };
  }
  if (!isMap(container)) return undefined;
  const pair = container.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair === undefined ? undefined : { node: pair.value ?? pair.key, key: pair.key };
}
