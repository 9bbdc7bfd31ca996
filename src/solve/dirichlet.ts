// Prescribed boundary values by symmetric elimination: rows and columns of those nodes become the identity's.
import { GalerkinError } from '../base/index.js';
import type { CsrMatrix } from './csr.js';

/**
 * Imposes x[nodes[k]] = values[k] on A x = b, in place. The matrix stays symmetric and, on the other nodes, positive
 * definite. Unlike a pattern without the boundary, this also takes values other than zero.
 * @throws MESH_INVALID if lengths differ or a node is not a row of the matrix.
 */
export function eliminateDirichlet(matrix: CsrMatrix, b: Float64Array, nodes: Int32Array, values: Float64Array): void {
  const { rowCount, rowStarts, columns } = matrix;
  if (nodes.length !== values.length) {
    throw new GalerkinError('MESH_INVALID', { wanted: `${nodes.length} boundary values`, got: `${values.length}` });
  }
  const prescribed = new Uint8Array(rowCount);
  const lifted = new Float64Array(rowCount);
  for (let k = 0; k < nodes.length; k++) {
    if (!(nodes[k] >= 0 && nodes[k] < rowCount)) {
      throw new GalerkinError('MESH_INVALID', { wanted: `boundary nodes below ${rowCount}`, got: `${nodes[k]}` });
    }
    prescribed[nodes[k]] = 1;
    lifted[nodes[k]] = values[k];
  }
  for (let row = 0; row < rowCount; row++) {
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) {
      const column = columns[p];
      if (prescribed[row] === 1) {
        matrix.values[p] = row === column ? 1 : 0;
      } else if (prescribed[column] === 1) {
        b[row] -= matrix.values[p] * lifted[column];
        matrix.values[p] = 0;
      }
    }
    if (prescribed[row] === 1) b[row] = lifted[row];
  }
}
