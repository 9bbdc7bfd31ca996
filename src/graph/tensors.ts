// Constants as the tensors that a session takes and gives, and back.
import type { DType, Tensor } from '../base/index.js';
import type { Constant } from './constant.js';
import type { ElementType } from './element-type.js';

const dtypes: Partial<Record<ElementType, DType>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

const elementTypes = new Map(Object.entries(dtypes).map(([element, dtype]) => [dtype, element]));
const isElementType = (name: string): name is ElementType => Object.hasOwn(dtypes, name);

/** The datatype by which a session knows an element type; undefined for types that it cannot take or give. */
export const dtypeOf = (element: ElementType): DType | undefined => dtypes[element];

/** A copy of the constant as a tensor; undefined for types that a session cannot take. */
export function tensorOf({ dtype, shape, bytes, texts = [] }: Constant): Tensor | undefined {
  const { buffer } = Uint8Array.from(bytes);
  switch (dtypeOf(dtype)) {
    case 'BOOL':
      return { dtype: 'BOOL', shape, data: new Uint8Array(buffer) };
    case 'UINT8':
      return { dtype: 'UINT8', shape, data: new Uint8Array(buffer) };
    case 'UINT16':
      return { dtype: 'UINT16', shape, data: new Uint16Array(buffer) };
    case 'UINT32':
      return { dtype: 'UINT32', shape, data: new Uint32Array(buffer) };
    case 'UINT64':
      return { dtype: 'UINT64', shape, data: new BigUint64Array(buffer) };
    case 'INT8':
      return { dtype: 'INT8', shape, data: new Int8Array(buffer) };
    case 'INT16':
      return { dtype: 'INT16', shape, data: new Int16Array(buffer) };
    case 'INT32':
      return { dtype: 'INT32', shape, data: new Int32Array(buffer) };
    case 'INT64':
      return { dtype: 'INT64', shape, data: new BigInt64Array(buffer) };
    case 'FP16':
      return { dtype: 'FP16', shape, data: new Uint16Array(buffer) };
    case 'FP32':
      return { dtype: 'FP32', shape, data: new Float32Array(buffer) };
    case 'FP64':
      return { dtype: 'FP64', shape, data: new Float64Array(buffer) };
    case 'BYTES':
      return { dtype: 'BYTES', shape, data: texts.map(text => new TextDecoder().decode(text)) };
    default:
      return undefined;
  }
}

/** A session's answer as a constant; numbers are not copied. undefined for BF16. */
export function constantFrom(name: string, tensor: Tensor): Constant | undefined {
  const { shape } = tensor;
  const dtype = elementTypes.get(tensor.dtype);
  if (dtype === undefined || !isElementType(dtype)) return undefined;
  if (tensor.dtype === 'BYTES') {
    const texts = tensor.data.map(text => new TextEncoder().encode(text));
    return { name, dtype, shape, bytes: new Uint8Array(), texts };
  }
  const { buffer, byteOffset, byteLength } = tensor.data;
  return { name, dtype, shape, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}
