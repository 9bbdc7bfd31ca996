// The child process that answers with the solver: one problem and grid, a batch of coefficient fields in, a batch of solutions out.
import { float32, GalerkinError, type Tensor } from '../base/index.js';
import type { Manifest } from '../model/index.js';
import { serveChild } from '../serve/index.js';
import { createSolver, type Solver } from '../solve/index.js';
import { problemNamed } from './problem-named.js';

serveChild({ open });

/** Opens the problem that the manifest names; the answer runs it on `a` [batch, n, n]. */
function open(manifest: Manifest): (inputs: Record<string, Tensor>) => Record<string, Tensor> {
  const { name, n } = manifest.problem;
  const solver = createSolver(problemNamed(name), n);
  return ({ a }) => ({ u: solveBatch(solver, a, n) });
}

function solveBatch(solver: Solver, a: Tensor | undefined, n: number): Tensor {
  if (a?.dtype !== 'FP32') throw new GalerkinError('TENSOR_INVALID', { name: 'a', wanted: 'FP32', got: a?.dtype ?? 'nothing' });
  const size = n * n;
  const answers = new Float32Array(a.data.length);
  for (let start = 0; start < a.data.length; start += size) {
    const solution = solver.solve({ a: a.data.subarray(start, start + size) });
    if (solution.status !== 'converged') {
      throw new GalerkinError('SOLVER_NOT_CONVERGED', { status: solution.status, residual: solution.relativeResidual });
    }
    answers.set(solution.u, start);
  }
  return float32(answers, a.shape, 'u');
}
