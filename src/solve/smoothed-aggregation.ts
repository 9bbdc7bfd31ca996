// Smoothed aggregation multigrid as a preconditioner (Vaněk, Mandel and Brezina 1996): one symmetric V-cycle per application.
import { aggregate, smoothedInterpolation, strongPart } from './aggregation.js';
import { type CsrMatrix, multiply, multiplyAdd, product, transpose } from './csr.js';
import { denseCholesky } from './dense-cholesky.js';
import { residualAfterForward, type Sweeper, sweepBackward, sweeper, sweepForward } from './gauss-seidel.js';
import type { Preconditioner } from './linear.js';

export interface SmoothedAggregationOptions {
  /** Strength threshold on the finest level, halved on each coarser one. */
  readonly theta?: number;
  /** A level with at most this many unknowns is solved directly. */
  readonly coarsest?: number;
  readonly maxLevels?: number;
}

interface Level {
  readonly smoother: Sweeper;
  readonly interpolation: CsrMatrix;
  readonly restriction: CsrMatrix;
  readonly r: Float64Array;
  readonly coarseR: Float64Array;
  readonly coarseZ: Float64Array;
}

export interface Hierarchy {
  readonly levels: readonly Level[];
  readonly solveCoarsest: (b: Float64Array, x: Float64Array) => void;
  /** Unknowns of each level, finest first. */
  readonly sizes: readonly number[];
  /** Entries of all levels over entries of the finest. */
  readonly operatorComplexity: number;
}

/** A level this little smaller than the one above is not worth having. */
const slowest = 0.8;
/** The largest matrix worth a dense factor: 8 MB. */
const mostDense = 1000;

/** A dense factor; or two Gauss-Seidel sweeps where coarsening ended early, as it does for a nearly diagonal matrix. */
function coarsestSolver(matrix: CsrMatrix): (b: Float64Array, x: Float64Array) => void {
  if (matrix.rowCount <= mostDense) return denseCholesky(matrix);
  const smoother = sweeper(matrix);
  return (b, x) => {
    sweepForward(smoother, b, x);
    sweepBackward(smoother, b, x);
  };
}

/** Builds the levels for the matrix's present values. */
export function buildHierarchy(matrix: CsrMatrix, options: SmoothedAggregationOptions = {}): Hierarchy {
  const { theta = 0.08, coarsest = 64, maxLevels = 12 } = options;
  const levels: Level[] = [];
  const sizes = [matrix.rowCount];
  let entries = matrix.rowStarts[matrix.rowCount];
  let current = matrix;
  while (current.rowCount > coarsest && levels.length < maxLevels - 1) {
    const strong = strongPart(current, theta * 0.5 ** levels.length);
    const groups = aggregate(strong);
    if (groups.count > slowest * current.rowCount) break;
    const interpolation = smoothedInterpolation(strong, groups);
    const restriction = transpose(interpolation);
    levels.push({
      smoother: sweeper(current),
      interpolation,
      restriction,
      r: new Float64Array(current.rowCount),
      coarseR: new Float64Array(groups.count),
      coarseZ: new Float64Array(groups.count),
    });
    // The product is symmetric: its transpose is itself, with the ascending columns that the sweeps rely on.
    current = transpose(product(restriction, product(current, interpolation)));
    sizes.push(current.rowCount);
    entries += current.columns.length;
  }
  const operatorComplexity = entries / matrix.rowStarts[matrix.rowCount];
  return { levels, solveCoarsest: coarsestSolver(current), sizes, operatorComplexity };
}

/** z ≈ A⁻¹ b by one V-cycle from the given level down: forward sweep, coarse correction, backward sweep. */
function cycle(hierarchy: Hierarchy, depth: number, b: Float64Array, z: Float64Array): void {
  const level = hierarchy.levels[depth];
  if (level === undefined) {
    hierarchy.solveCoarsest(b, z);
    return;
  }
  const { smoother, interpolation, restriction, r, coarseR, coarseZ } = level;
  sweepForward(smoother, b, z);
  residualAfterForward(smoother, z, r);
  multiply(restriction, r, coarseR);
  cycle(hierarchy, depth + 1, coarseR, coarseZ);
  multiplyAdd(interpolation, coarseZ, z);
  sweepBackward(smoother, b, z);
}

/** Smoothed aggregation: about 10 to 25 iterations to 1e-8, whatever the mesh width and for strongly varying coefficients. */
export function smoothedAggregation(options: SmoothedAggregationOptions = {}): Preconditioner {
  return Object.freeze({
    name: 'smoothed aggregation',
    start(matrix: CsrMatrix) {
      let hierarchy: Hierarchy | undefined;
      return {
        refresh() {
          hierarchy = buildHierarchy(matrix, options);
        },
        apply(r: Float64Array, z: Float64Array) {
          hierarchy ??= buildHierarchy(matrix, options);
          cycle(hierarchy, 0, r, z);
        },
      };
    },
  });
}
