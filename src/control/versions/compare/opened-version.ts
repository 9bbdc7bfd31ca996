// A version opened natively, to be asked one sample at a time.
import { join } from 'node:path';
import type { Tensor, TensorOf } from '../../../base/index.js';
import type { ModelPackage, SampleSet } from '../../../model/index.js';
import { openSession, type Session } from '../../../runtime/index.js';

/** From the file where it lies on a disk, because weights may lie beside it. */
export async function openPackage(read: ModelPackage, threads: number): Promise<Session | undefined> {
  const { modelFile, folder } = read;
  if (modelFile === undefined) return undefined;
  return openSession(folder === undefined ? await read.file(modelFile) : join(folder, modelFile), {
    threads,
    spin: false,
  });
}

/** Feeds for sample `index`, with a batch axis of 1 where the model has one. */
export function feedsOf(read: ModelPackage, samples: SampleSet, index: number): Record<string, TensorOf<'FP32'>> {
  const isBatched = read.config.max_batch_size > 0;
  return Object.fromEntries(
    read.inputs.map(({ name }) => {
      const tensor = samples.input(index, name);
      return [name, isBatched ? { ...tensor, shape: [1, ...tensor.shape] } : tensor];
    }),
  );
}

const floats = (tensor: Tensor | undefined): Float32Array | Float64Array | undefined =>
  tensor?.dtype === 'FP32' || tensor?.dtype === 'FP64' ? tensor.data : undefined;

/** |answer - truth| / |truth| over all outputs together, in the Euclidean norm; NaN for answers that are not finite or not of the truth's size. */
export function relativeError(
  read: ModelPackage,
  answers: Readonly<Record<string, Tensor>>,
  truthOf: (name: string) => TensorOf<'FP32'>,
): number {
  let [difference, norm] = [0, 0];
  for (const { name } of read.outputs) {
    const [answer, truth] = [floats(answers[name]), truthOf(name).data];
    if (answer?.length !== truth.length) return Number.NaN;
    for (let k = 0; k < truth.length; k++) {
      difference += (answer[k] - truth[k]) ** 2;
      norm += truth[k] ** 2;
    }
  }
  return Math.sqrt(difference / norm);
}
