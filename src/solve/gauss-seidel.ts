// Gauss-Seidel sweeps on matrices whose columns ascend in each row, arranged so that a first sweep from zero costs half.
import type { CsrMatrix } from './csr.js';

export interface Sweeper {
  readonly matrix: CsrMatrix;
  /** Place of each row's diagonal entry. */
  readonly diagonalAt: Int32Array;
  readonly inverseDiagonal: Float64Array;
}

export function sweeper(matrix: CsrMatrix): Sweeper {
  const { rowCount, rowStarts, columns } = matrix;
  const diagonalAt = new Int32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    let p = rowStarts[row];
    while (p < rowStarts[row + 1] && columns[p] < row) p++;
    diagonalAt[row] = p;
  }
  const state = { matrix, diagonalAt, inverseDiagonal: new Float64Array(rowCount) };
  refreshDiagonal(state);
  return state;
}

/** Takes in new values of the same pattern. */
export function refreshDiagonal({ matrix, diagonalAt, inverseDiagonal }: Sweeper): void {
  for (let row = 0; row < diagonalAt.length; row++) inverseDiagonal[row] = 1 / matrix.values[diagonalAt[row]];
}

/** x = (L + D)⁻¹ b: a forward sweep from zero. */
export function sweepForward({ matrix, diagonalAt, inverseDiagonal }: Sweeper, b: Float64Array, x: Float64Array): void {
  const { rowCount, rowStarts, columns, values } = matrix;
  for (let row = 0; row < rowCount; row++) {
    let sum = b[row];
    for (let p = rowStarts[row], end = diagonalAt[row]; p < end; p++) sum -= values[p] * x[columns[p]];
    x[row] = sum * inverseDiagonal[row];
  }
}

/** r = b - A x right after `sweepForward`, which is -U x: the lower half is known to cancel. */
export function residualAfterForward({ matrix, diagonalAt }: Sweeper, x: Float64Array, r: Float64Array): void {
  const { rowCount, rowStarts, columns, values } = matrix;
  for (let row = 0; row < rowCount; row++) {
    let sum = 0;
    for (let p = diagonalAt[row] + 1, end = rowStarts[row + 1]; p < end; p++) sum -= values[p] * x[columns[p]];
    r[row] = sum;
  }
}

/** One backward sweep on A x = b from the present x. */
export function sweepBackward(state: Sweeper, b: Float64Array, x: Float64Array): void {
  const { matrix, diagonalAt, inverseDiagonal } = state;
  const { rowCount, rowStarts, columns, values } = matrix;
  for (let row = rowCount - 1; row >= 0; row--) {
    const at = diagonalAt[row];
    let sum = b[row];
    for (let p = rowStarts[row]; p < at; p++) sum -= values[p] * x[columns[p]];
    for (let p = at + 1, end = rowStarts[row + 1]; p < end; p++) sum -= values[p] * x[columns[p]];
    x[row] = sum * inverseDiagonal[row];
  }
}
