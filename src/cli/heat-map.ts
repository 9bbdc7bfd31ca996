// A field as a picture in the terminal: half blocks in 24-bit colour, north up.

/** Control points of a dark-to-light map whose lightness rises evenly. */
const colours: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

function colour(share: number): string {
  const position = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(position));
  const weight = position - low;
  const [from, to] = [colours[low] ?? [0, 0, 0], colours[low + 1] ?? [0, 0, 0]];
  return [0, 1, 2].map(i => Math.round((from[i] ?? 0) * (1 - weight) + (to[i] ?? 0) * weight)).join(';');
}

/** The picture below a text, where the reader is a person at a terminal; otherwise the text alone. */
export const withHeatMap = (text: string, field: ArrayLike<number>, n: number): string =>
  process.stdout.isTTY ? `${text}\n\n${heatMap(field, n)}` : text;

/** Draws `field` [n, n] in about `columns` by `columns / 2` characters. */
export function heatMap(field: ArrayLike<number>, n: number, columns = 40): string {
  const width = Math.min(columns, n);
  const height = width % 2 === 0 ? width : width - 1;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n * n; i++) {
    low = Math.min(low, field[i]);
    high = Math.max(high, field[i]);
  }
  const at = (row: number, column: number): string => {
    const j = Math.round(((height - 1 - row) * (n - 1)) / (height - 1));
    const i = Math.round((column * (n - 1)) / (width - 1));
    return colour(high > low ? (field[j * n + i] - low) / (high - low) : 0);
  };
  const lines: string[] = [];
  for (let row = 0; row < height; row += 2) {
    const cells = Array.from({ length: width }, (_, i) => `\x1b[38;2;${at(row, i)};48;2;${at(row + 1, i)}m▀`);
    lines.push(`${cells.join('')}\x1b[0m`);
  }
  return lines.join('\n');
}
