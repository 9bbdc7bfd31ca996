// A tensor of a datatype from a list of numbers.
import { type DType, invariant, type Tensor } from '../../base/index.js';
import { toFloat16 } from '../../graph/index.js';

type Values = ArrayLike<number> | BigInt64Array | BigUint64Array;

const isBig = (values: Values): values is BigInt64Array | BigUint64Array =>
  values instanceof BigInt64Array || values instanceof BigUint64Array;
const numbers = (values: Values): ArrayLike<number> => (isBig(values) ? Array.from(values, Number) : values);
const bigints = (values: Values): ArrayLike<bigint> => (isBig(values) ? values : Array.from(values, BigInt));

/**
 * The tensor; undefined for texts and bfloat16. Numbers become half floats by rounding, unless they are patterns of 16 bits already.
 */
export function tensorFrom(
  dtype: DType,
  shape: readonly number[],
  values: Values,
  arePatterns = false,
): Tensor | undefined {
  switch (dtype) {
    case 'FP32':
      return { dtype, shape, data: values instanceof Float32Array ? values : new Float32Array(numbers(values)) };
    case 'FP64':
      return { dtype, shape, data: new Float64Array(numbers(values)) };
    case 'FP16':
      return { dtype, shape, data: Uint16Array.from(numbers(values), arePatterns ? value => value : toFloat16) };
    case 'INT64':
      return { dtype, shape, data: BigInt64Array.from(Array.from(bigints(values))) };
    case 'UINT64':
      return { dtype, shape, data: BigUint64Array.from(Array.from(bigints(values))) };
    case 'INT32':
      return { dtype, shape, data: new Int32Array(numbers(values)) };
    case 'UINT32':
      return { dtype, shape, data: new Uint32Array(numbers(values)) };
    case 'INT16':
      return { dtype, shape, data: new Int16Array(numbers(values)) };
    case 'UINT16':
      return { dtype, shape, data: new Uint16Array(numbers(values)) };
    case 'INT8':
      return { dtype, shape, data: new Int8Array(numbers(values)) };
    case 'UINT8':
    case 'BOOL':
      return { dtype, shape, data: new Uint8Array(numbers(values)) };
    default:
      return undefined;
  }
}

/** Tensors of one shape, one after another along the first axis. */
export function joined(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  invariant(first !== undefined && first.dtype !== 'BYTES', 'there are tensors of numbers to join');
  const size = first.data.length;
  const isLong = first.dtype === 'INT64' || first.dtype === 'UINT64';
  const [plain, big] = [
    new Float64Array(isLong ? 0 : size * tensors.length),
    new BigInt64Array(isLong ? size * tensors.length : 0),
  ];
  tensors.forEach(({ dtype, data }, k) => {
    if (dtype === 'INT64' || dtype === 'UINT64') big.set(data, k * size);
    else if (dtype !== 'BYTES') plain.set(data, k * size);
  });
  const tensor = tensorFrom(first.dtype, [tensors.length, ...first.shape.slice(1)], isLong ? big : plain, true);
  invariant(tensor !== undefined, `tensors of ${first.dtype} can be joined`);
  return tensor;
}
