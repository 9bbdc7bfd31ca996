// What a solver of linear systems is: a method starts on a pattern, refreshes on new values, and answers with a status.
import type { CsrMatrix } from './csr.js';

/** `diverged` also means that the matrix is not positive definite, or that numbers left the finite range. */
export type SolveStatus = 'converged' | 'stalled' | 'maxIterations' | 'diverged';

export interface LinearReport {
  readonly status: SolveStatus;
  readonly iterations: number;
  /** |b - A x| / |b| in the 2-norm, computed from x itself; 0 if b is 0. */
  readonly relativeResidual: number;
}

/** When to stop. */
export interface Stop {
  /** Wanted relative residual. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** A symmetric positive definite system whose pattern stays and whose values change. */
export interface LinearSystem {
  readonly matrix: CsrMatrix;
  /** Coordinates x0, y0, … of the unknowns; direct methods order by them. */
  readonly coordinates: Float64Array;
}

export interface LinearSolver {
  /** Takes in the matrix's present values; call it after each assembly. */
  refresh(): void;
  /** Solves A x = b from x = 0; writes `x`. */
  solve(b: Float64Array, x: Float64Array, stop: Stop): LinearReport;
}

/** A strategy for linear systems. */
export interface LinearMethod {
  readonly name: string;
  start(system: LinearSystem): LinearSolver;
}

/** z ≈ A⁻¹ r, symmetric and positive definite. */
export interface PreconditionerState {
  refresh(): void;
  apply(r: Float64Array, z: Float64Array): void;
}

/** A strategy for preconditioning. */
export interface Preconditioner {
  readonly name: string;
  start(matrix: CsrMatrix): PreconditionerState;
}
