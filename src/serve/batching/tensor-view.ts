// A part of a tensor along its first axis, over the same memory.
import { dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import type { FixedDType } from '../tensors/bytes.js';

/** A tensor over a part of `buffer`, not copied; `byteOffset` must suit the datatype. */
export function viewTensor(
  dtype: FixedDType,
  shape: readonly number[],
  buffer: ArrayBufferLike,
  byteOffset: number,
): Tensor {
  const length = elementCount(shape);
  switch (dtype) {
    case 'BOOL':
    case 'UINT8':
      return { dtype, shape, data: new Uint8Array(buffer, byteOffset, length) };
    case 'UINT16':
    case 'FP16':
    case 'BF16':
      return { dtype, shape, data: new Uint16Array(buffer, byteOffset, length) };
    case 'UINT32':
      return { dtype, shape, data: new Uint32Array(buffer, byteOffset, length) };
    case 'UINT64':
      return { dtype, shape, data: new BigUint64Array(buffer, byteOffset, length) };
    case 'INT8':
      return { dtype, shape, data: new Int8Array(buffer, byteOffset, length) };
    case 'INT16':
      return { dtype, shape, data: new Int16Array(buffer, byteOffset, length) };
    case 'INT32':
      return { dtype, shape, data: new Int32Array(buffer, byteOffset, length) };
    case 'INT64':
      return { dtype, shape, data: new BigInt64Array(buffer, byteOffset, length) };
    case 'FP32':
      return { dtype, shape, data: new Float32Array(buffer, byteOffset, length) };
    case 'FP64':
      return { dtype, shape, data: new Float64Array(buffer, byteOffset, length) };
  }
}

/** The items from `start`, `count` of them: numbers as a view over the same memory, strings as a copy of the list. */
export function itemsOf(tensor: Tensor, start: number, count: number): Tensor {
  const shape = [count, ...tensor.shape.slice(1)];
  let stride = 1;
  for (let axis = 1; axis < tensor.shape.length; axis++) stride *= tensor.shape[axis] ?? 0;
  if (tensor.dtype === 'BYTES') {
    return { dtype: 'BYTES', shape, data: tensor.data.slice(start * stride, (start + count) * stride) };
  }
  const { buffer, byteOffset } = tensor.data;
  return viewTensor(tensor.dtype, shape, buffer, byteOffset + start * stride * dtypeBytes[tensor.dtype]);
}
