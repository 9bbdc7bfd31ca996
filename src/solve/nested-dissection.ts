// An elimination order with little fill: halve the unknowns by coordinate, order both halves, put the separator last (George 1973).
import type { CsrMatrix } from './csr.js';

const smallest = 12;

/**
 * New place -> old row. The separator of a half is those of its rows that touch the other half; with coordinates
 * of a plane mesh the fill is O(N log N).
 */
export function nestedDissection(matrix: CsrMatrix, coordinates: Float64Array): Int32Array {
  const { rowCount, rowStarts, columns } = matrix;
  const order = new Int32Array(rowCount);
  const side = new Int32Array(rowCount);
  let label = 0;

  const extent = (rows: Int32Array, axis: 0 | 1): number => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const row of rows) {
      const value = coordinates[2 * row + axis];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return high - low;
  };
  const touches = (row: number, other: number): boolean => {
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) if (side[columns[p]] === other) return true;
    return false;
  };
  /** Writes the order of `rows` so that it ends just before `end`. */
  const dissect = (rows: Int32Array, end: number): void => {
    if (rows.length <= smallest) {
      order.set(rows, end - rows.length);
      return;
    }
    const axis = extent(rows, 0) >= extent(rows, 1) ? 0 : 1;
    const sorted = rows.toSorted((a, b) => coordinates[2 * a + axis] - coordinates[2 * b + axis] || a - b);
    const [left, right] = [sorted.slice(0, sorted.length >> 1), sorted.slice(sorted.length >> 1)];
    const other = ++label;
    for (const row of right) side[row] = other;
    const separator = left.filter(row => touches(row, other));
    const inner = left.filter(row => !touches(row, other));
    order.set(separator, end - separator.length);
    dissect(right, end - separator.length);
    dissect(inner, end - separator.length - right.length);
  };
  dissect(
    Int32Array.from({ length: rowCount }, (_, row) => row),
    rowCount,
  );
  return order;
}
