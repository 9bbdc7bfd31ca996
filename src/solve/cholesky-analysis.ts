// The symbolic part of a sparse Cholesky factor: which entries it has, found once per pattern.
import type { CsrMatrix } from './csr.js';

/** What depends on the pattern only. L is stored by columns, each starting with its diagonal. */
export interface Analysis {
  /** New place -> old row. */
  readonly order: Int32Array;
  /** Lower entries of the permuted matrix by row: column, and place in the values. */
  readonly lowerStarts: Int32Array;
  readonly lowerColumns: Int32Array;
  readonly lowerPlaces: Int32Array;
  /** Columns of each row of L, ascending, without the diagonal. */
  readonly rowStarts: Int32Array;
  readonly rowColumns: Int32Array;
  readonly columnStarts: Int32Array;
  readonly columnRows: Int32Array;
  /** 1 at the first column of each block of four. */
  readonly blocks: Uint8Array;
}

function permutedLower(matrix: CsrMatrix, order: Int32Array) {
  const size = matrix.rowCount;
  const newOf = new Int32Array(size);
  for (let row = 0; row < size; row++) newOf[order[row]] = row;
  const lowerStarts = new Int32Array(size + 1);
  const lowerColumns: number[] = [];
  const lowerPlaces: number[] = [];
  for (let row = 0; row < size; row++) {
    const old = order[row];
    for (let p = matrix.rowStarts[old]; p < matrix.rowStarts[old + 1]; p++) {
      const column = newOf[matrix.columns[p]];
      if (column > row) continue;
      lowerColumns.push(column);
      lowerPlaces.push(p);
    }
    lowerStarts[row + 1] = lowerColumns.length;
  }
  return { lowerStarts, lowerColumns: Int32Array.from(lowerColumns), lowerPlaces: Int32Array.from(lowerPlaces) };
}

/** Each row of L is what the elimination tree connects to that row's entries in A. */
function rowsOfFactor(size: number, lowerStarts: Int32Array, lowerColumns: Int32Array) {
  const parent = new Int32Array(size).fill(-1);
  const seen = new Int32Array(size).fill(-1);
  const rowStarts = new Int32Array(size + 1);
  const rowColumns: number[] = [];
  for (let row = 0; row < size; row++) {
    seen[row] = row;
    const found: number[] = [];
    for (let p = lowerStarts[row]; p < lowerStarts[row + 1]; p++) {
      for (let node = lowerColumns[p]; seen[node] !== row; node = parent[node]) {
        if (parent[node] < 0) parent[node] = row;
        seen[node] = row;
        found.push(node);
      }
    }
    found.sort((a, b) => a - b);
    for (const column of found) rowColumns.push(column);
    rowStarts[row + 1] = rowColumns.length;
  }
  return { rowStarts, rowColumns: Int32Array.from(rowColumns) };
}

/** Finds the factor's pattern for the elimination order (new place -> old row). */
export function analyse(matrix: CsrMatrix, order: Int32Array): Analysis {
  const size = matrix.rowCount;
  const lower = permutedLower(matrix, order);
  const { rowStarts, rowColumns } = rowsOfFactor(size, lower.lowerStarts, lower.lowerColumns);
  const columnStarts = new Int32Array(size + 1);
  for (let column = 0; column < size; column++) columnStarts[column + 1] = 1;
  for (const column of rowColumns) columnStarts[column + 1]++;
  for (let column = 0; column < size; column++) columnStarts[column + 1] += columnStarts[column];
  const columnRows = new Int32Array(columnStarts[size]);
  const next = columnStarts.slice(0, size);
  for (let row = 0; row < size; row++) {
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) columnRows[next[rowColumns[p]]++] = row;
    columnRows[next[row]++] = row;
  }
  const blocks = findBlocks({ columnStarts, columnRows });
  return { order, ...lower, rowStarts, rowColumns, columnStarts, columnRows, blocks };
}

/**
 * Marks the first of each four neighbouring columns that share their rows below (a piece of a supernode): the update of
 * a row then reads and writes its entries once for four columns.
 */
function findBlocks({ columnStarts, columnRows }: Pick<Analysis, 'columnStarts' | 'columnRows'>): Uint8Array {
  const size = columnStarts.length - 1;
  const blocks = new Uint8Array(size);
  const follows = (column: number): boolean =>
    columnRows[columnStarts[column] + 1] === column + 1 &&
    columnStarts[column + 2] - columnStarts[column + 1] === columnStarts[column + 1] - columnStarts[column] - 1;
  for (let column = 0; column + 3 < size; column++) {
    if (!(follows(column) && follows(column + 1) && follows(column + 2))) continue;
    blocks[column] = 1;
    column += 3;
  }
  return blocks;
}
