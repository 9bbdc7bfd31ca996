// Small tensors from plain values, and tensors of zeros.
import { type DType, dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import { isFixed, tensorOver } from '../tensors/bytes.js';

/** Zeros; of BYTES, empty texts. @param shape without free sizes */
export function zeros(dtype: DType, shape: readonly number[]): Tensor {
  const count = elementCount(shape);
  if (!isFixed(dtype)) return { dtype: 'BYTES', shape, data: new Array<string>(count).fill('') };
  return tensorOver(dtype, shape, new ArrayBuffer(count * dtypeBytes[dtype]));
}

/** A tensor of numbers, whose datatype is none of BYTES, FP16 and BF16. */
export function dataTensor(dtype: DType, shape: readonly number[], values: readonly (number | bigint)[]): Tensor {
  const tensor = zeros(dtype, shape);
  const { data } = tensor;
  values.forEach((value, k) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[k] = BigInt(value);
    else if (ArrayBuffer.isView(data)) data[k] = Number(value);
  });
  return tensor;
}
