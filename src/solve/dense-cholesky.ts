// Cholesky factors of a small dense matrix: the bottom of the multigrid hierarchy.
import type { CsrMatrix } from './csr.js';

/** Solves A x = b in place of `x` by a dense factor; a pivot that is not positive gives NaN, which the caller sees as divergence. */
export function denseCholesky(matrix: CsrMatrix): (b: Float64Array, x: Float64Array) => void {
  const size = matrix.rowCount;
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let p = matrix.rowStarts[row]; p < matrix.rowStarts[row + 1]; p++) {
      factor[row * size + matrix.columns[p]] = matrix.values[p];
    }
  }
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = factor[row * size + column];
      for (let k = 0; k < column; k++) sum -= factor[row * size + k] * factor[column * size + k];
      factor[row * size + column] = row === column ? Math.sqrt(sum) : sum / factor[column * size + column];
    }
  }
  return (b, x) => {
    for (let row = 0; row < size; row++) {
      let sum = b[row];
      for (let k = 0; k < row; k++) sum -= factor[row * size + k] * x[k];
      x[row] = sum / factor[row * size + row];
    }
    for (let row = size - 1; row >= 0; row--) {
      let sum = x[row];
      for (let k = row + 1; k < size; k++) sum -= factor[k * size + row] * x[k];
      x[row] = sum / factor[row * size + row];
    }
  };
}
