// Whether what was read for one version can be asked of another.
import type { ServedModel, TensorSpec } from '../engine/served-model.js';

const isSameTensor = (a: TensorSpec, b: TensorSpec): boolean =>
  a.name === b.name &&
  a.dtype === b.dtype &&
  a.dims.length === b.dims.length &&
  a.dims.every((size, axis) => size === b.dims[axis]);

const areSame = (a: readonly TensorSpec[], b: readonly TensorSpec[]): boolean =>
  a.length === b.length && a.every(each => b.some(other => isSameTensor(each, other)));

const known = new WeakMap<ServedModel, WeakMap<ServedModel, boolean>>();

/** True if both take and give the same tensors in batches of the same size. Found once for each pair. */
export function isSameSignature(a: ServedModel, b: ServedModel): boolean {
  const found = known.get(a)?.get(b);
  if (found !== undefined) return found;
  const same = a.maxBatchSize === b.maxBatchSize && areSame(a.inputs, b.inputs) && areSame(a.outputs, b.outputs);
  const ofA = known.get(a) ?? new WeakMap<ServedModel, boolean>();
  known.set(a, ofA.set(b, same));
  return same;
}
