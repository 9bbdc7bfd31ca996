// The mask that a padded batch is given: 1 where a value is the request's own, 0 where it is padding.
import { dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import { type FixedDType, tensorOver } from '../tensors/bytes.js';

/** The bit pattern of 1 in the two 16-bit float formats. */
const halfOne = 0x3c00;
const bfloatOne = 0x3f80;

/** A tensor of ones. */
export function ones(dtype: FixedDType, shape: readonly number[]): Tensor {
  const tensor = tensorOver(dtype, shape, new ArrayBuffer(elementCount(shape) * dtypeBytes[dtype]));
  if (tensor.dtype === 'BYTES') return tensor;
  if (tensor.dtype === 'FP16') tensor.data.fill(halfOne);
  else if (tensor.dtype === 'BF16') tensor.data.fill(bfloatOne);
  else if (tensor.data instanceof BigInt64Array || tensor.data instanceof BigUint64Array) tensor.data.fill(1n);
  else tensor.data.fill(1);
  return tensor;
}
