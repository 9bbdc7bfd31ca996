// How far two answers are apart: the relative Euclidean distance over all their floats together.
import { fromBfloat16, fromFloat16, type Tensor } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';

type Floats = ArrayLike<number>;

/** The values of a float tensor; undefined for one of another kind. */
function floatsOf({ dtype, data }: Tensor): Floats | undefined {
  switch (dtype) {
    case 'FP32':
    case 'FP64':
      return data;
    case 'FP16':
      return Array.from(data, fromFloat16);
    case 'BF16':
      return Array.from(data, fromBfloat16);
    default:
      return undefined;
  }
}

/**
 * |other - reference| / |reference| over the float outputs of `reference` together, in float64. Null if it is not finite,
 * if there are no floats, or if `other` lacks one of them or has it in another size. About 1 ns a value.
 */
export function relativeDifference(other: Tensors, reference: Tensors): number | null {
  let apart = 0;
  let size = 0;
  let count = 0;
  for (const [name, tensor] of Object.entries(reference)) {
    const wanted = floatsOf(tensor);
    if (wanted === undefined) continue;
    const given = Object.hasOwn(other, name) && other[name] !== undefined ? floatsOf(other[name]) : undefined;
    if (given === undefined || given.length !== wanted.length) return null;
    for (let at = 0; at < wanted.length; at++) {
      const value = wanted[at] ?? Number.NaN;
      const distance = (given[at] ?? Number.NaN) - value;
      apart += distance * distance;
      size += value * value;
    }
    count += wanted.length;
  }
  if (count === 0) return null;
  const ratio = apart === 0 ? 0 : Math.sqrt(apart / size);
  return Number.isFinite(ratio) ? ratio : null;
}
