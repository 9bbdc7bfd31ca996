// Fields as pictures in the terminal: half blocks in 24-bit colour, y upward, each with its name and range.

/** Control points of a dark-to-light map whose lightness rises evenly. */
const colours: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];
/** Characters across one picture; two rows of values share a character. */
const width = 32;
const gap = '   ';

export interface Picture {
  readonly name: string;
  /** [n, n], row-major [y, x]. */
  readonly field: ArrayLike<number>;
  readonly n: number;
}

function colour(share: number): string {
  const position = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(position));
  const weight = position - low;
  const [from, to] = [colours[low] ?? [0, 0, 0], colours[low + 1] ?? [0, 0, 0]];
  return [0, 1, 2].map(i => Math.round((from[i] ?? 0) * (1 - weight) + (to[i] ?? 0) * weight)).join(';');
}

function rangeOf(field: ArrayLike<number>): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < field.length; i++) {
    low = Math.min(low, field[i]);
    high = Math.max(high, field[i]);
  }
  return { low, high };
}

/** The lines of one picture, its caption first; every line is `width` characters wide. */
function lines({ name, field, n }: Picture): string[] {
  const { low, high } = rangeOf(field);
  const at = (row: number, column: number): string => {
    const j = Math.round(((width - 1 - row) * (n - 1)) / (width - 1));
    const i = Math.round((column * (n - 1)) / (width - 1));
    return colour(high > low ? (field[j * n + i] - low) / (high - low) : 0);
  };
  const rows = Array.from({ length: width / 2 }, (_, row) => {
    const cells = Array.from({ length: width }, (_, i) => `\x1b[38;2;${at(2 * row, i)};48;2;${at(2 * row + 1, i)}m▀`);
    return `${cells.join('')}\x1b[0m`;
  });
  return [`${name}  ${low.toPrecision(3)} … ${high.toPrecision(3)}`.padEnd(width), ...rows];
}

/** The pictures side by side. */
export function heatMaps(pictures: readonly Picture[]): string {
  const columns = pictures.map(lines);
  return (columns[0] ?? []).map((_, row) => columns.map(column => column[row]).join(gap)).join('\n');
}

/** The pictures below a text, where the reader is a person at a terminal; otherwise the text alone. */
export const withHeatMaps = (text: string, pictures: readonly Picture[]): string =>
  process.stdout.isTTY ? `${text}\n\n${heatMaps(pictures)}` : text;
