// Relative L2 errors of an operator on fields whose truth is known.
import { setImmediate } from 'node:timers/promises';
import type { DataSet } from './data-set.js';
import { type FieldRange, fieldsIn } from './split.js';
import { asFloat32, type HostArray, type Weights } from './traced-arrays.js';
import type { ErrorProgram, FieldBatch } from './training-programs.js';

/** Fields in one run of the program of errors. */
export const evaluationBatch = (range: FieldRange): number => Math.min(25, range.count);

/** One error for each field of the range; the program's batch must be `evaluationBatch(range)`. */
export async function fieldErrors(
  program: ErrorProgram,
  weights: Weights<HostArray>,
  { data, range }: { readonly data: DataSet; readonly range: FieldRange },
): Promise<Float64Array> {
  const { n } = data;
  const batch = evaluationBatch(range);
  const { inputs, outputs } = fieldsIn(data, range);
  const errors = new Float64Array(range.count);
  for (let first = 0; first < range.count; first += batch) {
    // The last run is moved back so that it is full.
    const from = Math.min(first, range.count - batch);
    const part = (fields: Float32Array): HostArray => ({
      dtype: 'FP32',
      shape: [batch, n, n],
      data: fields.subarray(from * n * n, (from + batch) * n * n),
    });
    const fields: FieldBatch<HostArray> = { input: part(inputs), truth: part(outputs) };
    errors.set(asFloat32(await program.run(weights, fields)).data, from);
    await setImmediate();
  }
  return errors;
}

export const mean = (values: Float64Array): number => values.reduce((total, value) => total + value, 0) / values.length;
