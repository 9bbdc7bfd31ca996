// The solver of a problem on one grid: everything that depends only on the grid is made once and reused by every solve.

import type { z } from 'zod';
import { GalerkinError, resolveOptions, systemClock } from '../base/index.js';
import { matrixAssembly, vectorAssembly } from './assembly.js';
import { conjugateGradients } from './conjugate-gradients.js';
import type { LinearMethod, SolveStatus } from './linear.js';
import type { Mesh } from './mesh.js';
import { solverOptions } from './options.js';
import { createPattern } from './pattern.js';
import { checkField, type Problem, problemForms } from './problem.js';
import { sparseCholesky } from './sparse-cholesky.js';
import { checkGrid } from './unit-square.js';

export interface SolverOptions extends z.input<typeof solverOptions> {
  /** A linear method of your own, in place of `method`. */
  readonly linear?: LinearMethod;
}

export interface Solution {
  readonly status: SolveStatus;
  /** The unknown at the n x n nodes, boundary zeros included; row-major [y, x]. */
  readonly u: Float64Array;
  readonly iterations: number;
  /** |b - A u| / |b| over the interior nodes. */
  readonly relativeResidual: number;
  /** Assembly, setup and solution. */
  readonly elapsedMs: number;
}

export interface Solver {
  readonly problem: Problem;
  readonly n: number;
  readonly mesh: Mesh;
  /** Interior nodes. */
  readonly unknowns: number;
  readonly method: string;
  /**
   * Solves for coefficients given at the n x n nodes. A failure of the numerics is a status, not an error.
   * @throws COEFFICIENT_INVALID for a missing or unknown name, a wrong length, or a value not finite or out of range.
   */
  solve(coefficients: Readonly<Record<string, Float64Array | Float32Array>>): Solution;
}

/** Up to here the factor is filled faster than the hierarchy is built and iterated (benchmarks/solver.ts). */
const mostDirect = 20_000;

function choose(method: 'auto' | 'multigrid' | 'direct', unknowns: number): LinearMethod {
  const isDirect = method === 'direct' || (method === 'auto' && unknowns <= mostDirect);
  return isDirect ? sparseCholesky() : conjugateGradients();
}

/**
 * Prepares a problem on an n x n grid (n from 3): mesh, pattern, compiled forms, buffers. Solutions that it returned
 * stay valid; everything else is reused, so one solver serves one caller at a time.
 * @throws GRID_INVALID, OPTIONS_INVALID, FORM_NOT_LINEAR, FORM_INVALID.
 */
export function createSolver(problem: Problem, n: number, options: SolverOptions = {}): Solver {
  const { linear, ...rest } = options;
  const { method, tolerance, maxIterations } = resolveOptions('createSolver', solverOptions, rest);
  checkGrid(n, 3);
  const forms = problemForms(problem);
  const mesh = problem.mesh(n);
  const pattern = createPattern(mesh, mesh.boundary);
  const stiffness = matrixAssembly(forms.bilinear, mesh, pattern);
  const load = vectorAssembly(forms.linear, mesh);
  const chosen = linear ?? choose(method, pattern.rowCount);
  const coordinates = Float64Array.from(
    { length: 2 * pattern.rowCount },
    (_, k) => mesh.points[2 * pattern.nodeOf[k >> 1] + (k & 1)],
  );
  const solver = chosen.start({ matrix: stiffness.matrix, coordinates });
  const [b, x] = [new Float64Array(pattern.rowCount), new Float64Array(pattern.rowCount)];
  const fields = Object.fromEntries(problem.coefficients.map(({ name }) => [name, new Float64Array(mesh.pointCount)]));

  function take(coefficients: Readonly<Record<string, Float64Array | Float32Array>>): void {
    const unknown = Object.keys(coefficients).find(name => !Object.hasOwn(fields, name));
    if (unknown !== undefined) {
      const wanted = `one of ${Object.keys(fields).join(', ')}`;
      throw new GalerkinError('COEFFICIENT_INVALID', { name: unknown, wanted, got: 'an unknown name' });
    }
    for (const spec of problem.coefficients) {
      const values = coefficients[spec.name];
      checkField(spec, values, mesh.pointCount);
      fields[spec.name].set(values);
    }
  }

  return {
    problem,
    n,
    mesh,
    unknowns: pattern.rowCount,
    method: chosen.name,
    solve(coefficients) {
      const startMs = systemClock.monotonic();
      take(coefficients);
      stiffness.assemble(fields);
      const nodal = load.assemble(fields);
      for (let row = 0; row < b.length; row++) b[row] = nodal[pattern.nodeOf[row]];
      solver.refresh();
      const report = solver.solve(b, x, { tolerance, maxIterations });
      const u = new Float64Array(mesh.pointCount);
      for (let row = 0; row < x.length; row++) u[pattern.nodeOf[row]] = x[row];
      return { ...report, u, elapsedMs: systemClock.monotonic() - startMs };
    },
  };
}
