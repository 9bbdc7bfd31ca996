// Element types of lowered programs: the tracer's names, ONNX's numbers, KServe's names and the arrays that hold them.
import { type DType, toFloat16 } from '../../base/index.js';

export type ElementType = 'float16' | 'float32' | 'float64' | 'int32' | 'int64' | 'uint32' | 'bool';

/** Half precision is held as raw 16-bit patterns. */
export type ElementArray =
  | Uint16Array
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint32Array
  | Uint8Array;

interface ElementRow {
  /** TensorProto.DataType. */
  readonly onnx: number;
  readonly kserve: DType;
  readonly array: (values: readonly number[]) => ElementArray;
}

export const elementTypes: Readonly<Record<ElementType, ElementRow>> = {
  float16: { onnx: 10, kserve: 'FP16', array: values => Uint16Array.from(values, toFloat16) },
  float32: { onnx: 1, kserve: 'FP32', array: values => Float32Array.from(values) },
  float64: { onnx: 11, kserve: 'FP64', array: values => Float64Array.from(values) },
  int32: { onnx: 6, kserve: 'INT32', array: values => Int32Array.from(values) },
  int64: { onnx: 7, kserve: 'INT64', array: values => BigInt64Array.from(values, value => BigInt(value)) },
  uint32: { onnx: 12, kserve: 'UINT32', array: values => Uint32Array.from(values) },
  bool: { onnx: 9, kserve: 'BOOL', array: values => Uint8Array.from(values, value => (value === 0 ? 0 : 1)) },
};

/** True for the names that programs can hold. */
export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementTypes, name);
}
