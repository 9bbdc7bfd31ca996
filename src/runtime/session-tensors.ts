// Base tensors to the runtime's and back: the same typed array, never a copy.
import type { Tensor as NativeTensor, OnnxValue } from 'onnxruntime-node';
import { GalerkinError, type Tensor } from '../base/index.js';
import { dtypeOf } from './session-values.js';
import { withoutZeros, withZeros } from './zero-characters.js';

export type { NativeTensor };
export type Runtime = typeof import('onnxruntime-node');

export function toNative({ Tensor: Native }: Runtime, tensor: Tensor): NativeTensor {
  const { shape } = tensor;
  switch (tensor.dtype) {
    case 'FP32':
      return new Native('float32', tensor.data, shape);
    case 'FP64':
      return new Native('float64', tensor.data, shape);
    case 'FP16':
      return new Native('float16', tensor.data, shape);
    case 'INT8':
      return new Native('int8', tensor.data, shape);
    case 'INT16':
      return new Native('int16', tensor.data, shape);
    case 'INT32':
      return new Native('int32', tensor.data, shape);
    case 'INT64':
      return new Native('int64', tensor.data, shape);
    case 'UINT8':
      return new Native('uint8', tensor.data, shape);
    case 'UINT16':
      return new Native('uint16', tensor.data, shape);
    case 'UINT32':
      return new Native('uint32', tensor.data, shape);
    case 'UINT64':
      return new Native('uint64', tensor.data, shape);
    case 'BOOL':
      return new Native('bool', tensor.data, shape);
    case 'BYTES':
      return new Native('string', withoutZeros(tensor.data), shape);
    case 'BF16':
      throw new GalerkinError('SESSION_INPUT_INVALID', {
        name: 'BF16 tensor',
        wanted: 'another datatype',
        got: 'BF16',
      });
  }
}

export function fromNative(name: string, value: OnnxValue): Tensor {
  if (!('dims' in value)) throw new GalerkinError('SESSION_RUN_FAILED', { reason: `output '${name}' is not a tensor` });
  const dtype = dtypeOf(name, value.type);
  const { data, dims: shape } = value;
  if (dtype === 'FP32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'FP64' && data instanceof Float64Array) return { dtype, shape, data };
  if (dtype === 'INT32' && data instanceof Int32Array) return { dtype, shape, data };
  if (dtype === 'INT64' && data instanceof BigInt64Array) return { dtype, shape, data };
  if ((dtype === 'BOOL' || dtype === 'UINT8') && data instanceof Uint8Array) return { dtype, shape, data };
  if ((dtype === 'FP16' || dtype === 'UINT16') && data instanceof Uint16Array) return { dtype, shape, data };
  if (dtype === 'UINT32' && data instanceof Uint32Array) return { dtype, shape, data };
  if (dtype === 'UINT64' && data instanceof BigUint64Array) return { dtype, shape, data };
  if (dtype === 'INT8' && data instanceof Int8Array) return { dtype, shape, data };
  if (dtype === 'INT16' && data instanceof Int16Array) return { dtype, shape, data };
  if (dtype === 'BYTES' && Array.isArray(data)) return { dtype, shape, data: withZeros(data) };
  throw new GalerkinError('SESSION_RUN_FAILED', {
    reason: `output '${name}' came as ${value.type} in an unknown array`,
  });
}
