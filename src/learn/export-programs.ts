// A trained operator and its guard as ONNX files, with weights, normalisation and geometry inside and the batch axis open.
import { lower, type Traced, trace } from '../compile/index.js';
import type { Problem } from '../solve/index.js';
import { guardProgram } from './guard-program.js';
import type { Operator } from './operator.js';
import { constantArray, freeingConstants, type HostArray, mapWeights, type Weights } from './traced-arrays.js';

export interface ExportedPrograms {
  /** Coefficient [batch, n, n] to unknown [batch, n, n]. */
  readonly model: Uint8Array;
  /** Coefficient and unknown to `residual`, `flux_imbalance` [batch] and `residual_map` [batch, n, n]. */
  readonly guard: Uint8Array;
}

export interface FieldNames {
  readonly input: string;
  readonly output: string;
}

export const fieldNames = ({ coefficients, unknown }: Problem): FieldNames => ({
  input: coefficients[0]?.name ?? '',
  output: unknown.name,
});

export const guardOutputs = ['residual', 'flux_imbalance', 'residual_map'] as const;

export function exportPrograms(problem: Problem, operator: Operator, weights: Weights<HostArray>): ExportedPrograms {
  const { n } = operator;
  const { input, output } = fieldNames(problem);
  const answer = (field: Traced): Traced =>
    operator.forward(
      mapWeights(weights, ({ data, shape }) => constantArray(data, shape)),
      field,
    );
  const program = freeingConstants(() => trace(answer, [{ shape: ['batch', n, n], dtype: 'float32' }]));
  const model = lower(program, { inputNames: [input], outputNames: [output] });
  const guard = lower(guardProgram(problem, n), { inputNames: [input, output], outputNames: guardOutputs });
  return { model: model.bytes, guard: guard.bytes };
}
