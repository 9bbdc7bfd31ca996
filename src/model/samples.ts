// Held-out fields that a package brings along for demonstrations, read when first asked for.
import { elementCount, float32, GalerkinError, type TensorOf } from '../base/index.js';
import { decodeNpz, type NpzArray } from '../store/index.js';
import type { Manifest, TensorManifest } from './manifest.js';
import type { ModelPackage } from './model-package.js';

export const samplesFile = 'samples.npz';

export interface SampleSet {
  readonly count: number;
  /** Nodes per side of the grid; 0 for models that solve no problem of ours. */
  readonly n: number;
  /** Input of sample `index` without a batch axis, by default the first; a view. @throws SAMPLE_OUT_OF_RANGE */
  input(index: number, name?: string): TensorOf<'FP32'>;
  /** True output of sample `index`, likewise. @throws SAMPLE_OUT_OF_RANGE */
  output(index: number, name?: string): TensorOf<'FP32'>;
}

interface Stack {
  readonly count: number;
  readonly item: (index: number) => TensorOf<'FP32'>;
}

/** The samples of one tensor: float32 [count, …shape]. */
function stackOf(array: NpzArray | undefined, { name, shape }: TensorManifest, path: string): Stack {
  const wanted = `float32 '${name}' of shape [count, ${shape}]`;
  const got = array === undefined ? 'none' : `${array.dtype} [${array.shape}]`;
  const fits =
    array?.shape.length === shape.length + 1 && shape.every((size, k) => [array.shape[k + 1], -1].includes(size));
  if (array?.dtype !== 'float32' || !fits) throw new GalerkinError('PACKAGE_INVALID', { path, wanted, got });
  const [count = 0, ...itemShape] = array.shape;
  const size = elementCount(itemShape);
  return { count, item: index => float32(array.data.subarray(index * size, (index + 1) * size), itemShape, name) };
}

async function read(model: ModelPackage, { inputs, outputs, problem }: Manifest): Promise<SampleSet> {
  const path = `${model.name}/${model.version}/${samplesFile}`;
  const arrays = decodeNpz(await model.file(samplesFile), { name: path });
  const stacks = (tensors: readonly TensorManifest[]): Map<string, Stack> =>
    new Map(tensors.map(tensor => [tensor.name, stackOf(arrays[tensor.name], tensor, path)]));
  const [ins, outs] = [stacks(inputs), stacks(outputs)];
  const counts = [...ins.values(), ...outs.values()].map(({ count }) => count);
  const [count = 0] = counts;
  if (counts.some(other => other !== count)) {
    throw new GalerkinError('PACKAGE_INVALID', { path, wanted: 'as many of each tensor', got: counts.join(', ') });
  }
  const pick = (from: Map<string, Stack>, index: number, name: string): TensorOf<'FP32'> => {
    const stack = from.get(name);
    if (stack !== undefined && Number.isInteger(index) && index >= 0 && index < count) return stack.item(index);
    throw new GalerkinError('SAMPLE_OUT_OF_RANGE', {
      model: model.name,
      index,
      count: stack === undefined ? 0 : count,
    });
  };
  return {
    count,
    n: problem?.n ?? 0,
    input: (index, name = inputs[0]?.name ?? '') => pick(ins, index, name),
    output: (index, name = outputs[0]?.name ?? '') => pick(outs, index, name),
  };
}

const sets = new WeakMap<ModelPackage, Promise<SampleSet>>();

/**
 * The samples of a package, from its samples.npz, which is read once per package when first asked for; undefined when it
 * has none.
 * @throws PACKAGE_CORRUPT, PACKAGE_INVALID, NPZ_INVALID
 */
export async function sampleSet(model: ModelPackage): Promise<SampleSet | undefined> {
  const { manifest } = model;
  if (manifest === undefined || !Object.hasOwn(manifest.digests, samplesFile)) return undefined;
  const reading = sets.get(model) ?? read(model, manifest);
  sets.set(model, reading);
  try {
    return await reading;
  } catch (error) {
    sets.delete(model);
    throw error;
  }
}
