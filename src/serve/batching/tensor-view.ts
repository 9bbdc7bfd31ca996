// A part of a tensor along its first axis, over the same memory.
import { dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import { tensorOver } from '../tensors/bytes.js';

/** The items from `start`, `count` of them: numbers as a view over the same memory, strings as a copy of the list. */
export function itemsOf(tensor: Tensor, start: number, count: number): Tensor {
  const shape = [count, ...tensor.shape.slice(1)];
  const stride = elementCount(tensor.shape.slice(1));
  if (tensor.dtype === 'BYTES') {
    return { dtype: 'BYTES', shape, data: tensor.data.slice(start * stride, (start + count) * stride) };
  }
  const { buffer, byteOffset } = tensor.data;
  const from = byteOffset + start * stride * dtypeBytes[tensor.dtype];
  return tensorOver(tensor.dtype, shape, buffer, from, count * stride);
}
