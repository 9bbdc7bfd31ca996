// The child process that answers with the solver: one problem and grid, a batch of coefficient fields in, a batch of solutions out.
import { z } from 'zod';
import { float32, GalerkinError, type Tensor } from '../base/index.js';
import { serveChild } from '../serve/index.js';
import { createSolver, findProblem, type Solver } from '../solve/index.js';

type Tensors = Readonly<Record<string, Tensor>>;

const manifestSchema = z.looseObject({ problem: z.looseObject({ name: z.string(), n: z.number() }) });

serveChild({ open });

/** Opens the problem that the manifest names; the answer solves for `a` [batch, n, n]. */
function open(manifest: unknown): (inputs: Tensors) => Tensors {
  const { name, n } = manifestSchema.parse(manifest).problem;
  const solver = createSolver(findProblem(name), n);
  return ({ a }) => ({ u: solveBatch(solver, a) });
}

function solveBatch(solver: Solver, a: Tensor | undefined): Tensor {
  if (a?.dtype !== 'FP32') {
    throw new GalerkinError('TENSOR_INVALID', { name: 'a', wanted: 'FP32', got: a?.dtype ?? 'nothing' });
  }
  const size = solver.mesh.pointCount;
  const answers = new Float32Array(a.data.length);
  for (let start = 0; start < a.data.length; start += size) {
    const { status, u, relativeResidual, iterations } = solver.solve({ a: a.data.subarray(start, start + size) });
    if (status !== 'converged') {
      throw new GalerkinError('FIELD_UNSOLVED', { field: start / size, status, relativeResidual, iterations });
    }
    answers.set(u, start);
  }
  return float32(answers, a.shape, 'u');
}
