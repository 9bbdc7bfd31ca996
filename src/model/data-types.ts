// The names of data types: KServe's on the wire, Triton's in a configuration.
import type { DType } from '../base/index.js';
import type { TensorConfig } from './config/model-config.js';

const dtypes = {
  TYPE_BOOL: 'BOOL',
  TYPE_UINT8: 'UINT8',
  TYPE_UINT16: 'UINT16',
  TYPE_UINT32: 'UINT32',
  TYPE_UINT64: 'UINT64',
  TYPE_INT8: 'INT8',
  TYPE_INT16: 'INT16',
  TYPE_INT32: 'INT32',
  TYPE_INT64: 'INT64',
  TYPE_FP16: 'FP16',
  TYPE_FP32: 'FP32',
  TYPE_FP64: 'FP64',
  TYPE_STRING: 'BYTES',
  TYPE_BF16: 'BF16',
} as const satisfies Record<string, DType>;

/** KServe's name of a data type that Triton's configuration names; undefined for TYPE_INVALID. */
export function dtypeOf(type: TensorConfig['data_type']): DType | undefined {
  return type === 'TYPE_INVALID' ? undefined : dtypes[type];
}

/** The same as text, for messages and metadata; 'INVALID' when nothing was said. */
export const datatypeOf = (type: TensorConfig['data_type']): string => dtypeOf(type) ?? 'INVALID';

/** Triton's name, as config.pbtxt writes it, of a data type. */
export function dataTypeOf(dtype: DType): TensorConfig['data_type'] {
  return dtype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${dtype}`;
}
