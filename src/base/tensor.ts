// A tensor as it travels between rooms: KServe datatype, shape, and a typed array in row-major order.
import { GalerkinError } from './errors/galerkin-error.js';

/** Datatypes by KServe's names. FP16 and BF16 are held as raw 16-bit patterns, BYTES as strings. */
export interface TensorArrays {
  BOOL: Uint8Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  FP16: Uint16Array;
  BF16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
  BYTES: readonly string[];
}

export type DType = keyof TensorArrays;

/** One tensor; narrow by `dtype` to get the array's type. */
export type Tensor = {
  [D in DType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: TensorArrays[D] };
}[DType];

export type TensorOf<D extends DType> = Extract<Tensor, { dtype: D }>;

/** Bytes of one element; 0 for BYTES, whose elements vary. */
export const dtypeBytes: Readonly<Record<DType, number>> = Object.freeze({
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
});

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Float32 tensor over `data`, not copied. Throws TENSOR_INVALID if the shape does not hold exactly that many values. */
export function float32(data: Float32Array, shape: readonly number[], name = 'tensor'): TensorOf<'FP32'> {
  if (elementCount(shape) !== data.length) {
    throw new GalerkinError('TENSOR_INVALID', {
      name,
      wanted: `${elementCount(shape)} values for shape [${shape}]`,
      got: `${data.length} values`,
    });
  }
  return { dtype: 'FP32', shape, data };
}
