// The classification extension: instead of a tensor, its largest values as "value:index[:label]" for each item.
import { GalerkinError, type Tensor } from '../../base/index.js';

/** Indices of the `count` largest values among `size` from `start` on, largest first; equal values in their order. */
function largest(
  values: ArrayLike<number | bigint>,
  start: number,
  { size, count }: { size: number; count: number },
): number[] {
  const order = Array.from({ length: size }, (_, index) => index);
  const at = (index: number): number | bigint => values[start + index] ?? 0;
  // NaN counts as smallest: it can never look like the best class.
  const rank = (index: number): number | bigint => (Number.isNaN(at(index)) ? Number.NEGATIVE_INFINITY : at(index));
  order.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x === y ? a - b : x > y ? -1 : 1;
  });
  return order.slice(0, count);
}

/** The value as C++ prints it: floats with six decimals, integers plainly. */
const printed = (value: number | bigint, isFloat: boolean): string =>
  typeof value === 'bigint' || !isFloat || !Number.isFinite(value) ? String(value) : value.toFixed(6);

export interface Classes {
  /** How many a client wants of each item. */
  readonly count: number;
  /** False where the tensor is one item. */
  readonly batched: boolean;
  /** Names of the classes, by index; none where the package has none. */
  readonly labels: readonly string[];
}

/**
 * The top classes of each item, as BYTES of shape [items, k] or [k], k being at most the number of values.
 * @throws REQUEST_MALFORMED for tensors that hold no plain numbers
 */
export function classify(name: string, tensor: Tensor, { count, batched, labels }: Classes): Tensor {
  if (tensor.dtype === 'BYTES' || tensor.dtype === 'FP16' || tensor.dtype === 'BF16') {
    throw new GalerkinError('REQUEST_MALFORMED', {
      what: `class result not available for output '${name}' due to unsupported type '${tensor.dtype}'`,
      wanted: 'numbers of at least 32 bits or integers',
      got: tensor.dtype,
    });
  }
  const { data } = tensor;
  const isFloat = tensor.dtype === 'FP32' || tensor.dtype === 'FP64';
  const items = batched ? (tensor.shape[0] ?? 1) : 1;
  const size = items === 0 ? 0 : data.length / items;
  const taken = Math.min(count, size);
  const texts: string[] = [];
  for (let item = 0; item < items; item++) {
    for (const index of largest(data, item * size, { size, count: taken })) {
      const label = labels[index];
      const value = printed(data[item * size + index] ?? 0, isFloat);
      texts.push(label === undefined || label === '' ? `${value}:${index}` : `${value}:${index}:${label}`);
    }
  }
  return { dtype: 'BYTES', shape: batched ? [items, taken] : [taken], data: texts };
}
