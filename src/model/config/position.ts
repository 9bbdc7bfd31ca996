// Where an offset stands in a text, as people count: lines and columns from 1.

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds positions in a text; the lines are counted when first asked. Each answer costs a search by halves. */
export function positionsIn(text: string): (offset: number) => Position {
  let starts: number[] | undefined;
  const lineStarts = (): number[] => {
    const found = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) found.push(at + 1);
    return found;
  };
  return offset => {
    starts ??= lineStarts();
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
