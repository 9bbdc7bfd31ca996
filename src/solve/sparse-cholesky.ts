// Sparse Cholesky factors: the pattern is analysed once, and every refresh fills the same arrays (up-looking; Davis 2006).
import { type Analysis, analyse } from './cholesky-analysis.js';
import { residual } from './csr.js';
import type { LinearMethod, LinearReport, LinearSolver, LinearSystem, Stop } from './linear.js';
import { nestedDissection } from './nested-dissection.js';

interface Work {
  /** Values of L. */
  readonly factor: Float64Array;
  /** End of what is filled of each column. */
  readonly next: Int32Array;
  /** One row being eliminated; zero between rows. */
  readonly x: Float64Array;
}

/** Eliminates one column from the row in `x`; returns the square of the row's new entry. */
function eliminateOne({ columnStarts, columnRows }: Analysis, { factor, next, x }: Work, column: number): number {
  const start = columnStarts[column];
  const end = next[column];
  const entry = x[column] / factor[start];
  x[column] = 0;
  for (let q = start + 1; q < end; q++) x[columnRows[q]] -= factor[q] * entry;
  factor[end] = entry;
  next[column] = end + 1;
  return entry * entry;
}

/** Eliminates a block of four columns from the row in `x`; returns the sum of squares of the new entries. */
function eliminateFour({ columnStarts, columnRows }: Analysis, { factor, next, x }: Work, column: number): number {
  const a = columnStarts[column];
  const b = columnStarts[column + 1];
  const c = columnStarts[column + 2];
  const d = columnStarts[column + 3];
  const filled = next[column + 3] - d;
  const ea = x[column] / factor[a];
  const eb = (x[column + 1] - factor[a + 1] * ea) / factor[b];
  const ec = (x[column + 2] - factor[a + 2] * ea - factor[b + 1] * eb) / factor[c];
  const ed = (x[column + 3] - factor[a + 3] * ea - factor[b + 2] * eb - factor[c + 1] * ec) / factor[d];
  x[column] = 0;
  x[column + 1] = 0;
  x[column + 2] = 0;
  x[column + 3] = 0;
  for (let q = 1; q < filled; q++) {
    const row = columnRows[d + q];
    x[row] -= factor[a + q + 3] * ea + factor[b + q + 2] * eb + factor[c + q + 1] * ec + factor[d + q] * ed;
  }
  factor[next[column]++] = ea;
  factor[next[column + 1]++] = eb;
  factor[next[column + 2]++] = ec;
  factor[next[column + 3]++] = ed;
  return ea * ea + eb * eb + ec * ec + ed * ed;
}

/** Fills the factor row by row; false if a pivot is not positive. */
function factorise(analysis: Analysis, values: Float64Array, work: Work): boolean {
  const { lowerStarts, lowerColumns, lowerPlaces, rowStarts, rowColumns, columnStarts, blocks } = analysis;
  const { factor, next, x } = work;
  for (let row = 0; row < next.length; row++) {
    for (let p = lowerStarts[row]; p < lowerStarts[row + 1]; p++) x[lowerColumns[p]] += values[lowerPlaces[p]];
    let pivot = x[row];
    x[row] = 0;
    for (let p = rowStarts[row], end = rowStarts[row + 1]; p < end; ) {
      const column = rowColumns[p];
      const isBlock = blocks[column] === 1 && row > column + 3;
      pivot -= isBlock ? eliminateFour(analysis, work, column) : eliminateOne(analysis, work, column);
      p += isBlock ? 4 : 1;
    }
    if (!(pivot > 0)) {
      x.fill(0);
      return false;
    }
    factor[columnStarts[row]] = Math.sqrt(pivot);
    next[row] = columnStarts[row] + 1;
  }
  return true;
}

/** y = (L Lᵀ)⁻¹ y. */
function backSolve({ columnStarts, columnRows }: Analysis, factor: Float64Array, y: Float64Array): void {
  const size = y.length;
  for (let column = 0; column < size; column++) {
    const start = columnStarts[column];
    const value = y[column] / factor[start];
    y[column] = value;
    for (let q = start + 1, end = columnStarts[column + 1]; q < end; q++) y[columnRows[q]] -= factor[q] * value;
  }
  for (let column = size - 1; column >= 0; column--) {
    const start = columnStarts[column];
    let sum = y[column];
    for (let q = start + 1, end = columnStarts[column + 1]; q < end; q++) sum -= factor[q] * y[columnRows[q]];
    y[column] = sum / factor[start];
  }
}

function startOn({ matrix, coordinates }: LinearSystem): LinearSolver {
  const size = matrix.rowCount;
  const analysis = analyse(matrix, nestedDissection(matrix, coordinates));
  const factor = new Float64Array(analysis.columnRows.length);
  const work = { factor, next: new Int32Array(size), x: new Float64Array(size) };
  const y = new Float64Array(size);
  const r = new Float64Array(size);
  let definite = false;

  const correct = (b: Float64Array, x: Float64Array): void => {
    for (let row = 0; row < size; row++) y[row] = b[analysis.order[row]];
    backSolve(analysis, factor, y);
    for (let row = 0; row < size; row++) x[analysis.order[row]] += y[row];
  };
  const norm = (v: Float64Array): number => {
    let square = 0;
    for (let i = 0; i < size; i++) square += v[i] * v[i];
    return Math.sqrt(square);
  };

  return {
    refresh() {
      definite = factorise(analysis, matrix.values, work);
    },
    /** Each iteration is one step of iterative refinement; the first is the solution itself. */
    solve(b, x, { tolerance, maxIterations }: Stop): LinearReport {
      x.fill(0);
      const scale = norm(b);
      if (!definite || !Number.isFinite(scale))
        return { status: 'diverged', iterations: 0, relativeResidual: Number.NaN };
      if (scale === 0) return { status: 'converged', iterations: 0, relativeResidual: 0 };
      r.set(b);
      let before = Number.POSITIVE_INFINITY;
      for (let iterations = 1; ; iterations++) {
        correct(r, x);
        const relativeResidual = Math.sqrt(residual(matrix, x, b, r)) / scale;
        if (relativeResidual <= tolerance) return { status: 'converged', iterations, relativeResidual };
        if (!(relativeResidual < 0.5 * before)) return { status: 'stalled', iterations, relativeResidual };
        if (iterations >= maxIterations) return { status: 'maxIterations', iterations, relativeResidual };
        before = relativeResidual;
      }
    },
  };
}

/** A direct method with iterative refinement: O(N^1.5) per refresh on a plane mesh, exact to rounding. */
export function sparseCholesky(): LinearMethod {
  return Object.freeze({ name: 'sparse Cholesky', start: startOn });
}
