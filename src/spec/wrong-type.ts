/** A value of the wrong kind: text for a number, one value for a list. What to write instead. */
import type { Diagnostic } from '../kernel/diagnostic.ts';
import type { Finding } from './finding.ts';
import { oneOf } from './suggest.ts';
import { keysAt } from './vocabulary.ts';

type Path = Diagnostic['path'];

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

/** `source` is a plain value as it was typed, before YAML made 420 of `0644`. */
export function describeWrongType(expected: string, path: Path, value: unknown, source: string | undefined): Finding {
  const key = typeof path.at(-1) === 'string' ? `${path.at(-1)}: ` : '';
  return {
    code: 'wrong-type',
    path,
    message: `must be ${kinds[expected] ?? expected}, not ${describeValue(value, source)}`,
    hint: hintFor(expected, path, key, value, source),
  };
}

function describeValue(value: unknown, source: string | undefined): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a group of keys';
  const text = value === null ? 'nothing' : (source ?? JSON.stringify(value) ?? 'this');
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return typeof value === 'string' ? `the text "${short}"` : short;
}

function hintFor(
  expected: string,
  path: Path,
  key: string,
  value: unknown,
  source: string | undefined,
): string | undefined {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  switch (expected) {
    case 'number':
    case 'int':
      return hintForNumber(key, value);
    case 'string':
      return isPlain ? hintForText(path.at(-1), source ?? String(value)) : undefined;
    case 'boolean':
      return typeof value === 'string' ? hintForBoolean(key, value) : undefined;
    case 'array':
      if (isPlain) return `write it as a list: ${key}[${source ?? String(value)}]`;
      return `start every entry with a dash: "- ${Object.keys(value ?? {})[0] ?? 'name'}: …"`;
    case 'object':
    case 'record': {
      if (path.length === 0 && !Array.isArray(value))
        return 'start with the lines `apiVersion: quorate/v1` and `name: my-cluster`';
      const keys = keysAt(path);
      if (Array.isArray(value)) return 'remove the dashes: it has keys, not entries';
      return keys.length === 0
        ? 'write `key: value` lines below it, indented'
        : `write its keys below it, indented: ${oneOf(keys)}`;
    }
    default:
      return undefined;
  }
}

/** The quotes alone do not make a good time, mode or name of it. */
function hintForText(key: string | number | undefined, text: string): string {
  if (key === 'timeout' || key === 'interval') return `write its unit: ${key}: ${text}s`;
  if (key === 'mode' && /^[0-7]{3,4}$/.test(text)) return `put it in quotes: mode: "${text.padStart(4, '0')}"`;
  if (key === 'name') return 'a name starts with a letter';
  return `put it in quotes: ${typeof key === 'string' ? `${key}: ` : ''}"${text}"`;
}

function hintForNumber(key: string, value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return `write ${key}${Math.ceil(value)}`;
  const digits = typeof value === 'string' ? /^\s*([0-9]+)\s*([A-Za-z]*)\s*$/.exec(value) : null;
  if (digits === null) return undefined;
  return digits[2] === ''
    ? `write it without quotes: ${key}${Number(digits[1])}`
    : `write the number alone: ${key}${Number(digits[1])}`;
}

function hintForBoolean(key: string, value: string): string | undefined {
  if (/^(yes|y|on|true|1)$/i.test(value)) return `write ${key}true`;
  return /^(no|n|off|false|0)$/i.test(value) ? `write ${key}false` : undefined;
}
