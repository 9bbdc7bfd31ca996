// Lines of coloured words that are cut to the width of a terminal before they get their colours.

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';
export type Piece = string | readonly [text: string, colour: Colour];

const codes: Readonly<Record<Colour, number>> = { green: 32, red: 31, yellow: 33, dim: 2, bold: 1 };

export interface CanvasOptions {
  readonly columns: number;
  readonly colours: boolean;
}

/** As much of `pieces` as fits, an ellipsis where something is missing. Every character must be one column wide. */
export function line(pieces: readonly Piece[], { columns, colours }: CanvasOptions): string {
  const length = pieces.reduce((sum, piece) => sum + textOf(piece).length, 0);
  let left = length > columns ? columns - 1 : columns;
  let drawn = '';
  for (const piece of pieces) {
    const text = textOf(piece).slice(0, left);
    left -= text.length;
    drawn += typeof piece === 'string' || !colours || text === '' ? text : `\x1b[${codes[piece[1]]}m${text}\x1b[0m`;
  }
  return length > columns ? `${drawn}…` : drawn.trimEnd();
}

const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : piece[0]);

/** The same without limit or colour: for logs. */
export const plainLine = (pieces: readonly Piece[]): string => pieces.map(textOf).join('').trimEnd();

/** A sentence in lines between words, at most two of them: the last is cut where it is drawn. */
export function wrapped(text: string, columns: number): string[] {
  if (text === '') return [];
  if (text.length <= columns) return [text];
  const space = text.lastIndexOf(' ', columns);
  return space <= 0 ? [text] : [text.slice(0, space), text.slice(space + 1)];
}

/** A table for a terminal, its lines cut to its width; whole where no terminal is, for programs and files. */
export function fitted(
  text: string,
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
): string {
  if (isTTY !== true || columns === undefined) return text;
  const canvas = { columns: columns - 1, colours: false };
  return text
    .split('\n')
    .map(each => line([each], canvas))
    .join('\n');
}
