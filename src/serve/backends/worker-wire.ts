// Tensors between the server and its worker threads: flat lists in the signature's order, because names and nested objects cost more than the data of a small model.
import type { DType, Tensor } from '../../base/index.js';
import { dtypeBytes, GalerkinError } from '../../base/index.js';
import { isFixed, tensorOver } from '../tensors/bytes.js';
import type { Tensors } from './backend.js';

/** Name and datatype of each tensor of a list, in order. */
export type WireOrder = readonly { readonly name: string; readonly dtype: DType }[];

/** Shape and data of each tensor in turn; undefined twice for one that is not there. */
export type WireList = readonly (readonly number[] | Tensor['data'] | undefined)[];

/** Buffers from this size on move instead of being copied: below, the copy costs less than the move. */
const movedFromBytes = 64 * 1024;

/** Cloning a view clones all of its buffer, so a part of a larger one is cut out first. */
const alone = (data: Tensor['data']): Tensor['data'] =>
  ArrayBuffer.isView(data) && data.byteLength < data.buffer.byteLength ? data.slice() : data;

export function toWire(order: WireOrder, tensors: Tensors): WireList {
  const list: (readonly number[] | Tensor['data'] | undefined)[] = [];
  for (const { name } of order) {
    const tensor = tensors[name];
    list.push(tensor?.shape, tensor === undefined ? undefined : alone(tensor.data));
  }
  return list;
}

const isShape = (value: WireList[number]): value is readonly number[] =>
  Array.isArray(value) && (value.length === 0 || typeof value[0] === 'number');

/** A tensor over what arrived. Copies only data that share a buffer with something else. */
function tensorOf(name: string, dtype: DType, shape: readonly number[], data: WireList[number]): Tensor {
  if (isFixed(dtype) && ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) {
    return tensorOver(dtype, shape, data.buffer, data.byteOffset, data.byteLength / dtypeBytes[dtype]);
  }
  if (dtype === 'BYTES' && Array.isArray(data)) return { dtype, shape, data: data.map(String) };
  throw new GalerkinError('TENSOR_INVALID', { name, wanted: `data of ${dtype}`, got: 'something else' });
}

export function fromWire(order: WireOrder, list: WireList): Tensors {
  const tensors: Record<string, Tensor> = {};
  for (let place = 0; place < order.length; place++) {
    const spec = order[place];
    const shape = list[2 * place];
    if (spec === undefined || shape === undefined || !isShape(shape)) continue;
    tensors[spec.name] = tensorOf(spec.name, spec.dtype, shape, list[2 * place + 1]);
  }
  return tensors;
}

/** Buffers of a list that are worth moving: large, and the tensor's alone. */
export function movable(list: WireList): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const value of list) {
    if (!ArrayBuffer.isView(value) || value.byteLength < movedFromBytes) continue;
    const { buffer } = value;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength && !buffers.includes(buffer))
      buffers.push(buffer);
  }
  return buffers;
}
