// Preconditioned conjugate gradients (Hestenes and Stiefel 1952), with the status as a value.
import { multiply, residual } from './csr.js';
import type { LinearMethod, LinearReport, LinearSolver, LinearSystem, Preconditioner, Stop } from './linear.js';
import { smoothedAggregation } from './smoothed-aggregation.js';

const stallWindow = 60;
const divergence = 1e6;
/** The recurrence may drift from b - A x; this much is still the wanted tolerance. */
const drift = 10;

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

interface Buffers {
  readonly r: Float64Array;
  readonly z: Float64Array;
  readonly p: Float64Array;
  readonly q: Float64Array;
}

/** x += alpha p, r -= alpha q; returns |r|². */
function step(alpha: number, x: Float64Array, { r, p, q }: Buffers): number {
  let square = 0;
  for (let i = 0; i < r.length; i++) {
    x[i] += alpha * p[i];
    const value = r[i] - alpha * q[i];
    r[i] = value;
    square += value * value;
  }
  return square;
}

function startOn({ matrix }: LinearSystem, preconditioner: Preconditioner): LinearSolver {
  const size = matrix.rowCount;
  const state = preconditioner.start(matrix);
  const buffers: Buffers = {
    r: new Float64Array(size),
    z: new Float64Array(size),
    p: new Float64Array(size),
    q: new Float64Array(size),
  };
  const { r, z, p, q } = buffers;

  function iterate(
    x: Float64Array,
    norm: number,
    { tolerance, maxIterations }: Stop,
  ): Omit<LinearReport, 'relativeResidual'> {
    let best = 1;
    let bestAt = 0;
    state.apply(r, z);
    p.set(z);
    let rz = inner(r, z);
    for (let iterations = 1; iterations <= maxIterations; iterations++) {
      multiply(matrix, p, q);
      const curvature = inner(p, q);
      if (!(curvature > 0 && rz > 0)) return { status: 'diverged', iterations: iterations - 1 };
      const relative = Math.sqrt(step(rz / curvature, x, buffers)) / norm;
      if (relative <= tolerance) return { status: 'converged', iterations };
      if (!(relative < divergence)) return { status: 'diverged', iterations };
      if (relative < 0.9 * best) [best, bestAt] = [relative, iterations];
      if (iterations - bestAt >= stallWindow) return { status: 'stalled', iterations };
      state.apply(r, z);
      const next = inner(r, z);
      const beta = next / rz;
      rz = next;
      for (let i = 0; i < size; i++) p[i] = z[i] + beta * p[i];
    }
    return { status: 'maxIterations', iterations: maxIterations };
  }

  return {
    refresh: state.refresh,
    solve(b, x, stop) {
      x.fill(0);
      r.set(b);
      const norm = Math.sqrt(inner(b, b));
      if (norm === 0) return { status: 'converged', iterations: 0, relativeResidual: 0 };
      if (!Number.isFinite(norm)) return { status: 'diverged', iterations: 0, relativeResidual: Number.NaN };
      const { status, iterations } = iterate(x, norm, stop);
      const relativeResidual = Math.sqrt(residual(matrix, x, b, r)) / norm;
      const drifted = status === 'converged' && !(relativeResidual <= drift * stop.tolerance);
      return { status: drifted ? 'stalled' : status, iterations, relativeResidual };
    },
  };
}

/** Conjugate gradients with a preconditioner; smoothed aggregation unless told otherwise. */
export function conjugateGradients(preconditioner: Preconditioner = smoothedAggregation()): LinearMethod {
  return Object.freeze({
    name: `conjugate gradients, ${preconditioner.name}`,
    start: (system: LinearSystem) => startOn(system, preconditioner),
  });
}
