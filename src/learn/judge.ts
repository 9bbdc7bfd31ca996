// The exported programs put to work: answers of the model on many fields, their errors, and what the guard says of them.
import { setImmediate } from 'node:timers/promises';
import { GalerkinError } from '../base/index.js';
import { openSession, type Session } from '../runtime/index.js';
import type { WorkHooks } from './data-set.js';
import type { ExportedPrograms, FieldNames } from './export-programs.js';
import { asFloat32, type HostArray } from './traced-arrays.js';

export interface Judgement {
  /** One for each field. */
  readonly residual: Float64Array;
  readonly fluxImbalance: Float64Array;
  /** Relative L2 error, where the truth is known. */
  readonly error: Float64Array;
}

export interface JudgedFields {
  readonly n: number;
  readonly count: number;
  /** [count, n, n] */
  readonly inputs: Float32Array;
  /** [count, n, n]; without it errors are NaN. */
  readonly outputs?: Float32Array | undefined;
}

/** Fields in one run; also the largest batch that a package accepts. */
export const exportedBatch = 16;

interface Sessions {
  readonly model: Session;
  readonly guard: Session;
}

function relativeL2(answer: Float32Array, truth: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (let node = 0; node < truth.length; node++) {
    difference += (answer[node] - truth[node]) ** 2;
    norm += truth[node] ** 2;
  }
  return Math.sqrt(difference / norm);
}

/**
 * Answers and judges every field with the exported programs themselves, so that the figures are those of the files.
 * @throws CANCELLED between two batches.
 */
export async function judge(
  programs: ExportedPrograms,
  fields: JudgedFields,
  { names, threads, task, onProgress, signal }: WorkHooks & { names: FieldNames; threads: number; task: string },
): Promise<Judgement> {
  const { n, count } = fields;
  const empty = (): Float64Array => new Float64Array(count).fill(Number.NaN);
  const judgement = { residual: empty(), fluxImbalance: empty(), error: empty() };
  const [model, guard] = await Promise.all([
    openSession(programs.model, { threads }),
    openSession(programs.guard, { threads }),
  ]);
  try {
    for (let first = 0; first < count; first += exportedBatch) {
      await setImmediate();
      if (signal?.aborted) throw new GalerkinError('CANCELLED', { what: task }, { cause: signal.reason });
      const batch = Math.min(exportedBatch, count - first);
      const input: HostArray = {
        dtype: 'FP32',
        shape: [batch, n, n],
        data: fields.inputs.subarray(first * n * n, (first + batch) * n * n),
      };
      await judgeBatch({ model, guard }, { input, first, names, truths: fields.outputs }, judgement);
      onProgress?.({ task, done: first + batch, total: count });
    }
  } finally {
    await Promise.all([model.close(), guard.close()]);
  }
  return judgement;
}

interface Question {
  readonly input: HostArray;
  readonly first: number;
  readonly names: FieldNames;
  readonly truths: Float32Array | undefined;
}

async function judgeBatch({ model, guard }: Sessions, question: Question, judgement: Judgement): Promise<void> {
  const { input, first, names, truths } = question;
  const answered = await model.run({ [names.input]: input });
  const answer = asFloat32(answered[names.output]);
  const verdict = await guard.run({ [names.input]: input, [names.output]: answer });
  judgement.residual.set(asFloat32(verdict.residual).data, first);
  judgement.fluxImbalance.set(asFloat32(verdict.flux_imbalance).data, first);
  if (truths === undefined) return;
  const [batch, n] = input.shape;
  for (let k = 0; k < batch; k++) {
    const truth = truths.subarray((first + k) * n * n, (first + k + 1) * n * n);
    judgement.error[first + k] = relativeL2(answer.data.subarray(k * n * n, (k + 1) * n * n), truth);
  }
}
