// Aggregates of strongly coupled unknowns, and the smoothed interpolation from them (Vaněk, Mandel and Brezina 1996).
import { type CsrMatrix, diagonalOf } from './csr.js';

/** The strong part of a matrix; weak couplings are lumped into the diagonal, so that row sums stay. */
export interface StrongPart {
  /** Off-diagonal strong entries. */
  readonly rowStarts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly diagonal: Float64Array;
}

/** Keeps a_ij with |a_ij| > theta sqrt(a_ii a_jj). */
export function strongPart(matrix: CsrMatrix, theta: number): StrongPart {
  const { rowCount, rowStarts, columns, values } = matrix;
  const original = diagonalOf(matrix);
  const diagonal = original.slice();
  const strongStarts = new Int32Array(rowCount + 1);
  const strongColumns = new Int32Array(rowStarts[rowCount]);
  const strongValues = new Float64Array(rowStarts[rowCount]);
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) {
      const [column, value] = [columns[p], values[p]];
      if (column === row) continue;
      if (value * value > theta * theta * original[row] * original[column]) {
        strongColumns[count] = column;
        strongValues[count++] = value;
      } else {
        diagonal[row] += value;
      }
    }
    // Lumping may eat up a diagonal when large weak couplings are negative; then it keeps its own.
    if (!(diagonal[row] > 0.1 * original[row])) diagonal[row] = original[row];
    strongStarts[row + 1] = count;
  }
  return { rowStarts: strongStarts, columns: strongColumns, values: strongValues, diagonal };
}

/** Puts every unknown into an aggregate: whole neighbourhoods first, then stragglers to the neighbour they hold to most. */
export function aggregate({ rowStarts, columns, values }: StrongPart): {
  readonly of: Int32Array;
  readonly count: number;
} {
  const rowCount = rowStarts.length - 1;
  const of = new Int32Array(rowCount).fill(-1);
  let count = 0;
  const isFree = (row: number): boolean => {
    if (of[row] >= 0) return false;
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) if (of[columns[p]] >= 0) return false;
    return rowStarts[row + 1] > rowStarts[row];
  };
  for (let row = 0; row < rowCount; row++) {
    if (!isFree(row)) continue;
    of[row] = count;
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) of[columns[p]] = count;
    count++;
  }
  const first = of.slice();
  for (let row = 0; row < rowCount; row++) {
    if (first[row] >= 0) continue;
    let strongest = 0;
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) {
      const strength = Math.abs(values[p]);
      if (first[columns[p]] < 0 || strength <= strongest) continue;
      strongest = strength;
      of[row] = first[columns[p]];
    }
  }
  for (let row = 0; row < rowCount; row++) {
    if (of[row] >= 0) continue;
    of[row] = count;
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) if (of[columns[p]] < 0) of[columns[p]] = count;
    count++;
  }
  return { of, count };
}

/** An upper bound of the spectral radius of D⁻¹A, by rows (Gershgorin). */
function spectralBound({ rowStarts, values, diagonal }: StrongPart): number {
  let bound = 0;
  for (let row = 0; row < diagonal.length; row++) {
    let sum = diagonal[row];
    for (let p = rowStarts[row]; p < rowStarts[row + 1]; p++) sum += Math.abs(values[p]);
    bound = Math.max(bound, sum / diagonal[row]);
  }
  return bound;
}

/** P = (I - ω D⁻¹ A) T with ω = (4/3) / ρ; T holds a one per unknown, in the column of its aggregate. */
export function smoothedInterpolation(strong: StrongPart, { of, count }: ReturnType<typeof aggregate>): CsrMatrix {
  const { rowStarts: starts, columns: strongColumns, values: strongValues, diagonal } = strong;
  const omega = 4 / 3 / spectralBound(strong);
  const rowCount = diagonal.length;
  const rowStarts = new Int32Array(rowCount + 1);
  const columns = new Int32Array(starts[rowCount] + rowCount);
  const values = new Float64Array(columns.length);
  const place = new Int32Array(count).fill(-1);
  let end = 0;
  for (let row = 0; row < rowCount; row++) {
    const start = end;
    place[of[row]] = end;
    columns[end] = of[row];
    values[end++] = 1 - omega;
    for (let p = starts[row]; p < starts[row + 1]; p++) {
      const column = of[strongColumns[p]];
      const value = (-omega * strongValues[p]) / diagonal[row];
      const at = place[column];
      if (at >= start) {
        values[at] += value;
      } else {
        place[column] = end;
        columns[end] = column;
        values[end++] = value;
      }
    }
    rowStarts[row + 1] = end;
  }
  return { rowCount, columnCount: count, rowStarts, columns, values };
}
