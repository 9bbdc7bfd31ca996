// What an instance computes before its first request: what model_warmup asks for, or one item of zeros.
import { GalerkinError, seededRandom, type Tensor } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import {
  decodeBytesElements,
  type FixedDType,
  isDType,
  isFixed,
  ownBuffer,
  tensorOver,
  wantedBytes,
} from '../tensors/bytes.js';
import type { Tensors } from './backend.js';

type Sample = ModelPackage['config']['model_warmup'][number];
type SampleInput = Sample['inputs'][string];

/** Warm-ups of one sample; more would only keep the model from serving. */
const mostRuns = 100;

function randomTensor(dtype: FixedDType, shape: readonly number[]): Tensor {
  const random = seededRandom(1);
  const tensor = tensorOver(dtype, shape, new ArrayBuffer(wantedBytes(dtype, shape)));
  if (tensor.dtype === 'FP32' || tensor.dtype === 'FP64') {
    for (let index = 0; index < tensor.data.length; index++) tensor.data[index] = random.uniform();
  } else if (tensor.dtype !== 'BYTES') {
    // Small whole numbers are values of every other datatype, and indices that most models have.
    const bytes = new Uint8Array(tensor.data.buffer);
    const stride = bytes.length / Math.max(1, tensor.data.length);
    for (let index = 0; index < bytes.length; index += stride) bytes[index] = random.integer(2);
  }
  return tensor;
}

async function fileTensor(
  model: ModelPackage,
  path: string,
  facts: { dtype: Tensor['dtype']; shape: readonly number[] },
) {
  const { dtype, shape } = facts;
  const bytes = await model.sharedFile(`warmup/${path}`);
  if (isFixed(dtype) && bytes.length === wantedBytes(dtype, shape)) return tensorOver(dtype, shape, ownBuffer(bytes));
  const elements = isFixed(dtype) ? undefined : decodeBytesElements(bytes);
  if (elements !== undefined) return { dtype: 'BYTES' as const, shape, data: elements };
  const why = `the warm-up file '${path}' does not hold ${dtype} [${shape}]`;
  throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why });
}

async function sampleTensor(model: ModelPackage, input: SampleInput, batch: readonly number[]): Promise<Tensor> {
  const dtype = input.data_type === 'TYPE_STRING' ? 'BYTES' : input.data_type.slice('TYPE_'.length);
  if (!isDType(dtype))
    throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why: `a warm-up has data of ${dtype}` });
  const shape = [...batch, ...input.dims];
  if (input.input_data_file !== undefined) return fileTensor(model, input.input_data_file, { dtype, shape });
  if (isFixed(dtype))
    return input.random_data === true
      ? randomTensor(dtype, shape)
      : tensorOver(dtype, shape, new ArrayBuffer(wantedBytes(dtype, shape)));
  return {
    dtype: 'BYTES',
    shape,
    data: new Array<string>(shape.reduce((product, size) => product * size, 1)).fill(''),
  };
}

async function sampleFeeds(model: ModelPackage, sample: Sample): Promise<Tensors> {
  const batch = model.config.max_batch_size > 0 ? [Math.max(1, sample.batch_size)] : [];
  const named = Object.entries(sample.inputs).map(
    async ([name, input]) => [name, await sampleTensor(model, input, batch)] as const,
  );
  return Object.fromEntries(await Promise.all(named));
}

/** @throws MODEL_UNSERVABLE for a sample that cannot be made, and what reading its file throws. */
export async function warmUpsOf(model: ModelPackage): Promise<readonly Tensors[]> {
  const { model_warmup: samples } = model.config;
  if (samples.length === 0) return [{}];
  const feeds = await Promise.all(samples.map(sample => sampleFeeds(model, sample)));
  return samples.flatMap(({ count }, place) =>
    new Array<Tensors>(Math.min(mostRuns, Math.max(1, count))).fill(feeds[place] ?? {}),
  );
}
