/**
 * A zod issue, and where it stands in the person's text, in; diagnostics in words that say what to write
 * instead, out. Unions answer with the branch that is nearest to what was written.
 */
import type { z } from 'zod';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { parseIpv4, renderIpv4 } from '../kernel/ipv4.ts';
import type { Places } from './document.ts';
import type { Finding } from './finding.ts';
import { labelPattern } from './schema.ts';
import { didYouMean, oneOf } from './suggest.ts';
import { hintForUnknownKey } from './unknown-key.ts';
import { descriptionAt, rangeAt, wordsAt } from './vocabulary.ts';
import { describeWrongType } from './wrong-type.ts';

type Path = Diagnostic['path'];
type Issue = z.core.$ZodIssue;
/** The document as data, and as text. */
/** Nobody reads more, and a stranger's text could hold any number. */
export const maxTold = 100;

export type Written = { readonly value: unknown; readonly places: Places };
export function describeIssue(issue: Issue, written: Written, base: Path = []): readonly Diagnostic[] {
  return findings(issue, written, base).map(({ code, path, message, hint, on }) => ({
    code,
    severity: 'error',
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
    at: on === 'key' ? written.places.key(path) : written.places.value(path),
  }));
}

function findings(issue: Issue, written: Written, base: Path): readonly Finding[] {
  const path: Path = [...base, ...(issue.path as Path)];
  const value = valueAt(written.value, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, maxTold).map((key) => ({
      code: 'unknown-key',
      path: [...path, key],
      message: `there is no key \`${key}\` here`,
      hint: hintForUnknownKey(path, key, valueAt(written.value, [...path, key])),
      on: 'key',
    }));
  if (value === undefined) return [missing(path)];
  if (value === null && path.length > 0) return [empty(path)];
  switch (issue.code) {
    case 'invalid_type':
      return [describeWrongType(issue.expected, path, value, written.places.source(path))];
    case 'invalid_value':
      return [notAllowed(path, value, issue.values.map(String))];
    case 'invalid_union':
      return unionFindings(issue, written, path, value);
    case 'invalid_key':
      return issue.issues.map((inner) => ({
        ...badFormat(inner, path, String(path.at(-1))),
        code: 'bad-key',
        on: 'key',
      }));
    case 'too_small':
    case 'too_big':
      return [outOfRange(issue, path, value)];
    default:
      return [badFormat(issue, path, value)];
  }
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Record<string | number, unknown>)[part];
  }
  return here;
}

const missing = (path: Path): Finding => ({
  code: 'missing-key',
  path,
  message: `\`${path.at(-1)}\` is missing`,
  hint:
    path[0] === 'apiVersion'
      ? 'add the line `apiVersion: quorate/v1`'
      : withDescription(`add \`${path.at(-1)}:\``, path),
});

const empty = (path: Path): Finding => ({
  code: 'no-value',
  path,
  message: `nothing is written after ${typeof path.at(-1) === 'number' ? 'the dash' : `\`${path.at(-1)}:\``}`,
  hint: withDescription('write its value, or remove the line', path),
  on: 'key',
});

function withDescription(hint: string, path: Path): string {
  const description = descriptionAt(path);
  return description === undefined ? hint : `${hint} (${description.replace(/\.$/, '')})`;
}

const quote = (value: unknown): string => {
  const text = typeof value === 'string' ? `"${value}"` : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

function notAllowed(path: Path, value: unknown, words: readonly string[]): Finding {
  const only = `must be ${oneOf(words)}`;
  const shown = typeof value === 'object' ? only : `${only}, not ${quote(value)}`;
  return {
    code: 'not-allowed',
    path,
    message: shown,
    hint: typeof value === 'string' ? didYouMean(value, words) : undefined,
  };
}

function outOfRange(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, path: Path, value: unknown): Finding {
  const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  const finding = { code: 'out-of-range', path, hint: descriptionAt(path) };
  if (typeof value === 'number') {
    const range = rangeAt(path);
    const span = range === undefined ? limit : `${range.minimum} to ${range.maximum}`;
    return { ...finding, message: `must be ${span}, not ${value}` };
  }
  if (typeof value === 'string')
    return value === ''
      ? { ...finding, message: 'must not be empty' }
      : { ...finding, message: `must have ${limit} characters, this has ${value.length}`, hint: undefined };
  return { ...finding, message: `must have ${limit} ${limit.endsWith(' 1') ? 'entry' : 'entries'}` };
}

function badFormat(issue: Issue, path: Path, value: unknown): Finding {
  const detail = {
    code: 'bad-format',
    path,
    message: typeof value === 'object' ? issue.message : `${issue.message}, not ${quote(value)}`,
  };
  const text = String(value);
  if (issue.code === 'invalid_format' && issue.pattern === String(labelPattern)) {
    const label = text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    return labelPattern.test(label) ? { ...detail, hint: `write \`${label}\`` } : detail;
  }
  if (issue.code === 'custom' && issue.params?.kind === 'cidr') return { ...detail, hint: networkOf(text) };
  if (path[0] === 'services' && path.at(-1) === 'agent') return { ...detail, hint: hintForAgent(text) };
  const key = path.at(-1);
  if (key === 'mount' || key === 'path')
    return { ...detail, hint: 'start with a slash; no slash at the end, no spaces, no ".."' };
  if (key === 'mode' && /^[0-7]{3}$/.test(text)) return { ...detail, hint: `write "0${text}"` };
  if (/^[0-9.]+$/.test(text)) return { ...detail, hint: hintForAddress };
  return detail;
}

const hintForAddress = 'an address is four numbers from 0 to 255, with dots between them';

/** `10.0.0.5/24` and `10.0.0.5` are near misses of a network. */
function networkOf(text: string): string | undefined {
  const [address = '', prefix = '24'] = text.split('/');
  const value = parseIpv4(address);
  const bits = Number(prefix);
  if (value === undefined || !/^[0-9]+$/.test(prefix) || bits > 32) return undefined;
  return `write ${renderIpv4(value - (value % 2 ** (32 - bits)))}/${bits}`;
}

function hintForAgent(text: string): string | undefined {
  if (text.startsWith('stonith:')) return 'fencing is armed without being asked for: remove this service';
  if (/^[A-Za-z0-9@._-]+$/.test(text))
    return `write \`systemd:${text.replace(/\.service$/, '')}\` if it is a systemd unit`;
  if (/^ocf::?[A-Za-z0-9_.-]+$/.test(text))
    return `write \`ocf:heartbeat:${text.replace(/^ocf::?/, '')}\`, or another provider`;
  return undefined;
}

/**
 * A branch that took the value's kind and found something wrong inside is the one that was meant. When
 * no branch took even the kind, or only the value as a whole is wrong, the union's own sentence says
 * everything that is allowed.
 */
function unionFindings(
  issue: z.core.$ZodIssueInvalidUnion,
  written: Written,
  path: Path,
  value: unknown,
): readonly Finding[] {
  const inside = issue.errors.filter(
    (branch) =>
      branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys') && branch.length > 0,
  );
  const meant = inside.toSorted((one, other) => one.length - other.length)[0];
  if (meant !== undefined && typeof value === 'object')
    return withoutMissingTwins(meant.flatMap((inner) => findings(inner, written, path)));
  const number = issue.errors.flat().find((inner) => inner.code === 'too_small' || inner.code === 'too_big');
  if (number !== undefined && typeof value === 'number') return [outOfRange(number, path, value)];
  const shown = typeof value === 'object' ? '' : `, not ${quote(value)}`;
  return [
    {
      code: 'not-allowed',
      path,
      message: `${issue.message}${shown}`,
      hint: typeof value === 'string' ? hintForWord(value, path) : undefined,
    },
  ];
}

const hintForWord = (text: string, path: Path): string | undefined =>
  /^[0-9.]+$/.test(text) ? hintForAddress : didYouMean(text, wordsAt(path));

/** A misspelt key is one mistake, though zod also sees the right one missing. */
export function withoutMissingTwins<T extends { code: string; path: Path; hint?: string | undefined }>(
  all: readonly T[],
): readonly T[] {
  const meant = new Set(
    all
      .filter(({ code }) => code === 'unknown-key')
      .map(({ path, hint }) => JSON.stringify([...path.slice(0, -1), /^did you mean `(.*)`\?$/.exec(hint ?? '')?.[1]])),
  );
  return all.filter(({ code, path }) => code !== 'missing-key' || !meant.has(JSON.stringify(path)));
}
