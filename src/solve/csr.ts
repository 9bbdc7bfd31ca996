// Sparse matrices in compressed rows, and their product with a vector.

/** A matrix in compressed sparse rows. `values` may be longer than the entries: what lies past the last is never read. */
export interface CsrMatrix {
  readonly rowCount: number;
  readonly columnCount: number;
  /** Start of each row in `columns` and `values`; rowCount + 1 values. */
  readonly rowStarts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** y = A x. */
export function multiply({ rowCount, rowStarts, columns, values }: CsrMatrix, x: Float64Array, y: Float64Array): void {
  for (let row = 0, p = 0; row < rowCount; row++) {
    let sum = 0;
    for (const end = rowStarts[row + 1]; p < end; p++) sum += values[p] * x[columns[p]];
    y[row] = sum;
  }
}

/** r = b - A x; returns the square of its norm. */
export function residual(matrix: CsrMatrix, x: Float64Array, b: Float64Array, r: Float64Array): number {
  const { rowCount, rowStarts, columns, values } = matrix;
  let square = 0;
  for (let row = 0, p = 0; row < rowCount; row++) {
    let sum = b[row];
    for (const end = rowStarts[row + 1]; p < end; p++) sum -= values[p] * x[columns[p]];
    r[row] = sum;
    square += sum * sum;
  }
  return square;
}

/** y += A x. */
export function multiplyAdd(matrix: CsrMatrix, x: Float64Array, y: Float64Array): void {
  const { rowCount, rowStarts, columns, values } = matrix;
  for (let row = 0, p = 0; row < rowCount; row++) {
    let sum = y[row];
    for (const end = rowStarts[row + 1]; p < end; p++) sum += values[p] * x[columns[p]];
    y[row] = sum;
  }
}

/** The transpose; columns of each row ascend. */
export function transpose({ rowCount, columnCount, rowStarts, columns, values }: CsrMatrix): CsrMatrix {
  const entries = rowStarts[rowCount];
  const starts = new Int32Array(columnCount + 1);
  for (let p = 0; p < entries; p++) starts[columns[p] + 1]++;
  for (let row = 0; row < columnCount; row++) starts[row + 1] += starts[row];
  const next = starts.slice(0, columnCount);
  const outColumns = new Int32Array(entries);
  const outValues = new Float64Array(entries);
  for (let row = 0; row < rowCount; row++) {
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) {
      const at = next[columns[p]]++;
      outColumns[at] = row;
      outValues[at] = values[p];
    }
  }
  return { rowCount: columnCount, columnCount: rowCount, rowStarts: starts, columns: outColumns, values: outValues };
}

/** The product A B, row by row with one marker array (Gustavson 1978). */
export function product(a: CsrMatrix, b: CsrMatrix): CsrMatrix {
  const rowStarts = new Int32Array(a.rowCount + 1);
  const place = new Int32Array(b.columnCount).fill(-1);
  for (let row = 0, count = 0; row < a.rowCount; row++) {
    for (let p = a.rowStarts[row]; p < a.rowStarts[row + 1]; p++) {
      const inner = a.columns[p];
      for (let q = b.rowStarts[inner]; q < b.rowStarts[inner + 1]; q++) {
        if (place[b.columns[q]] === row) continue;
        place[b.columns[q]] = row;
        count++;
      }
    }
    rowStarts[row + 1] = count;
  }
  const columns = new Int32Array(rowStarts[a.rowCount]);
  const values = new Float64Array(columns.length);
  place.fill(-1);
  for (let row = 0, count = 0; row < a.rowCount; row++) {
    const start = count;
    for (let p = a.rowStarts[row]; p < a.rowStarts[row + 1]; p++) {
      const [inner, factor] = [a.columns[p], a.values[p]];
      for (let q = b.rowStarts[inner]; q < b.rowStarts[inner + 1]; q++) {
        const column = b.columns[q];
        const at = place[column];
        if (at >= start) {
          values[at] += factor * b.values[q];
        } else {
          place[column] = count;
          columns[count] = column;
          values[count++] = factor * b.values[q];
        }
      }
    }
  }
  return { rowCount: a.rowCount, columnCount: b.columnCount, rowStarts, columns, values };
}

/** The diagonal; 0 where a row has none. */
export function diagonalOf({ rowCount, rowStarts, columns, values }: CsrMatrix): Float64Array {
  const diagonal = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) if (columns[p] === row) diagonal[row] = values[p];
  }
  return diagonal;
}
