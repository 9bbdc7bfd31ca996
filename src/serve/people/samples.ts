// The held-out samples in a package: inputs and truths to look at, read from samples.npz when first asked for.
import { elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { decodeNpz, type NpzArray } from '../../store/index.js';
import type { ServedModel, TensorSpec } from '../engine/served-model.js';
import { gatherItems } from '../tensors/bytes.js';
import { type Nested, nestedJson } from '../tensors/json-write.js';

export interface Sample {
  readonly index: number;
  readonly inputs: Readonly<Record<string, Nested>>;
  readonly outputs: Readonly<Record<string, Nested>>;
}

export interface Samples {
  count(): Promise<number>;
  /** @throws SAMPLE_UNKNOWN */
  at(index: string): Promise<Sample>;
}

function toTensor({ dtype, shape, data }: NpzArray): Tensor {
  switch (dtype) {
    case 'float32':
      return { dtype: 'FP32', shape, data };
    case 'float64':
      return { dtype: 'FP64', shape, data };
    case 'int32':
      return { dtype: 'INT32', shape, data };
    case 'int64':
      return { dtype: 'INT64', shape, data };
    case 'uint8':
      return { dtype: 'UINT8', shape, data };
  }
}

/** Arrays of the file by name; those that do not hold whole items are left out. */
async function load(model: ModelPackage): Promise<Map<string, Tensor>> {
  if (model.manifest.digests['samples.npz'] === undefined) return new Map();
  const arrays = Object.entries(decodeNpz(await model.file('samples.npz')));
  return new Map(
    arrays.map(([name, array]) => [name, toTensor(array)] as const).filter(([, tensor]) => tensor.shape.length > 0),
  );
}

/** The samples of one package; nothing is read before the first question. */
export function packageSamples(model: ModelPackage, served: ServedModel): Samples {
  let loading: Promise<Map<string, Tensor>> | undefined;
  const tensors = (): Promise<Map<string, Tensor>> => (loading ??= load(model));
  const countOf = (all: Map<string, Tensor>): number => {
    const counts = served.inputs.map(spec => all.get(spec.name)?.shape[0] ?? 0);
    return counts.length === 0 ? 0 : Math.min(...counts);
  };
  const nested = (all: Map<string, Tensor>, specs: readonly TensorSpec[], index: number) =>
    Object.fromEntries(
      specs.flatMap(({ name }) => {
        const tensor = all.get(name);
        const holds = tensor !== undefined && elementCount(tensor.shape) === tensor.data.length;
        return holds ? [[name, nestedJson(gatherItems(tensor, [index]), true)] as const] : [];
      }),
    );
  return {
    count: async () => countOf(await tensors()),
    async at(text) {
      const all = await tensors();
      const count = countOf(all);
      const index = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      if (!(index < count))
        throw new GalerkinError('SAMPLE_UNKNOWN', { model: served.name, index: text.slice(0, 40), count });
      return { index, inputs: nested(all, served.inputs, index), outputs: nested(all, served.outputs, index) };
    },
  };
}
