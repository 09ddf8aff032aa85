/** Colours by meaning; without a terminal, or when nobody wants them, the text alone. */
import { styleText } from 'node:util';

export type Style = Readonly<Record<'strong' | 'faint' | 'good' | 'bad' | 'warn' | 'accent', (text: string) => string>>;

type Format = Parameters<typeof styleText>[0];

// The stream is not asked: whether there are colours was decided by whoever made the style.
const as = (format: Format) => (text: string) =>
  text === '' ? text : styleText(format, text, { validateStream: false });

const plain = (text: string): string => text;

export const noStyle: Style = { strong: plain, faint: plain, good: plain, bad: plain, warn: plain, accent: plain };

export const colourStyle: Style = {
  strong: as('bold'),
  faint: as('dim'),
  good: as('green'),
  bad: as('red'),
  warn: as('yellow'),
  accent: as('cyan'),
};
