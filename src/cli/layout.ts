/** Columns and boxes of text. Colours go on after the widths are known, so that they never shift anything. */
import type { Style } from './style.ts';

/** A text, and how it looks; the width is the text's. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);
const painted = (cell: Cell, text: string): string => (typeof cell === 'string' ? text : cell.paint(text));

export const widthOf = (text: string): number => [...text].length;

/** Cut to the width, with an ellipsis when something is lost. */
export const cut = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;

const padded = (cell: Cell, width: number): string => {
  const text = cut(textOf(cell), width);
  return painted(cell, text) + ' '.repeat(width - widthOf(text));
};

/** Header and rows in columns two spaces apart; no line ends in spaces. */
export function renderTable(
  style: Style,
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): readonly string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => widthOf(textOf(row[column] ?? '')))),
  );
  const line = (cells: readonly Cell[]) => {
    const last = cells.findLastIndex((cell) => textOf(cell) !== '');
    return cells
      .slice(0, last + 1)
      .map((cell, column) => (column === last ? painted(cell, textOf(cell)) : padded(cell, widths[column] ?? 0)))
      .join('  ');
  };
  return [line(header.map((title) => ({ text: title, paint: style.faint }))), ...rows.map(line)];
}

export type Box = { readonly title: Cell; readonly lines: readonly Cell[] };

/** Boxes of equal size beside each other, as many in a row as fit into the width. */
export function renderBoxes(boxes: readonly Box[], width: number): readonly string[] {
  const gap = 2;
  const widest = Math.max(
    ...boxes.flatMap(({ title, lines }) => [title, ...lines].map((cell) => widthOf(textOf(cell)) + 4)),
  );
  const perRow = Math.max(1, Math.min(boxes.length, Math.floor((width + gap) / (Math.min(widest, 24) + gap))));
  const outer = Math.max(12, Math.min(widest, Math.floor((width + gap) / perRow) - gap));
  const rows = Math.ceil(boxes.length / perRow);
  return Array.from({ length: rows }, (_, row) => boxes.slice(row * perRow, (row + 1) * perRow)).flatMap((inRow) => {
    const height = Math.max(...inRow.map(({ lines }) => lines.length));
    const drawn = inRow.map((box) => renderBox(box, outer, height));
    return Array.from({ length: height + 2 }, (_, line) => drawn.map((box) => box[line]).join(' '.repeat(gap)));
  });
}

function renderBox({ title, lines }: Box, outer: number, height: number): readonly string[] {
  const inner = outer - 4;
  const name = cut(textOf(title), inner - 1);
  return [
    `┌─ ${painted(title, name)} ${'─'.repeat(outer - widthOf(name) - 5)}┐`,
    ...Array.from({ length: height }, (_, line) => `│ ${padded(lines[line] ?? '', inner)} │`),
    `└${'─'.repeat(outer - 2)}┘`,
  ];
}
