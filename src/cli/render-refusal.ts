/** A "no" of the world as one readable paragraph: what, why, what is there now, and what to do next. */

import type { Standing } from '../commands/standing.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Style } from './style.ts';

export type Speaker = {
  readonly style: Style;
  readonly program: string /** The whole command. */;
  readonly typed: string;
};

export function renderRefusal(refusal: Refusal, { style, program, typed }: Speaker): readonly string[] {
  const said = (text: string) => inOwnWords(text, program);
  const standing = refusal.data.standing as Standing | undefined;
  return [
    `${headOf(refusal, style)}${hanging(said(refusal.message))}`,
    ...causesOf(refusal).map((cause) => `  because: ${hanging(said(cause))}`),
    ...(standing === undefined ? [] : renderStanding(standing, style)),
    ...nextSteps(refusal, standing, { program, typed }).map((next) => `  ${style.accent('next:')} ${said(next)}`),
  ];
}

/** A tool's own words may be many lines; they belong to the one that quotes them. */
const hanging = (text: string): string => text.split('\n').join('\n    ');

/** The words of the chain below the refusal, each once: wrappers often repeat what they wrap. */
export function causesOf(refusal: Refusal): readonly string[] {
  const words: string[] = [];
  let said = refusal.message;
  let cause: unknown = refusal.cause;
  while (cause instanceof Error && words.length < 5) {
    const message = cause.message.trim();
    if (message !== '' && !said.includes(message)) {
      words.push(message);
      said = `${said} ${message}`;
    }
    cause = cause.cause;
  }
  return words;
}

const renderStanding = ({ name, exists }: Standing, style: Style): readonly string[] => [
  `  ${style.strong(`what is there of ${name}:`)}`,
  ...exists.map((line) => `    ${line}`),
];

/** Who stopped the work knows it: that is no error. */
const headOf = ({ code }: Refusal, style: Style): string => (code === 'INTERRUPTED' ? '' : `${style.bad('error')}: `);

function nextSteps(
  refusal: Refusal,
  standing: Standing | undefined,
  { program, typed }: Pick<Speaker, 'program' | 'typed'>,
): readonly string[] {
  const own = refusal.next === undefined ? [] : [refusal.next];
  if (standing === undefined || refusal.code === 'BUSY') return own;
  const goesOn = `${typed} goes on from here`;
  const steps =
    standing.desired === 'absent' ? [goesOn] : [goesOn, `${program} delete ${standing.name} removes what is there`];
  // These two say no more than that the same command goes on.
  return refusal.code === 'INTERRUPTED' || refusal.code === 'TIMED_OUT' ? steps : [...own, ...steps];
}

/** Hints say `quorate`; who runs it from a clone types something else. */
const inOwnWords = (text: string, program: string): string => text.replaceAll('`quorate ', `\`${program} `);
