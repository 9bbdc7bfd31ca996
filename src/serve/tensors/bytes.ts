// Tensors as bytes: little-endian, row-major, without padding, as the wire, the workers and the child processes carry them.
import { type DType, dtypeBytes, elementCount, invariant, type Tensor } from '../../base/index.js';
import { bytesOfText, textOf } from './element-text.js';

/** The datatypes whose elements have one fixed size. */
export type FixedDType = Exclude<DType, 'BYTES'>;

export function isFixed(dtype: DType): dtype is FixedDType {
  return dtypeBytes[dtype] > 0;
}

export function isDType(name: string): name is DType {
  return Object.hasOwn(dtypeBytes, name);
}

/** Bytes that `shape` takes in a fixed-size datatype. */
export function wantedBytes(dtype: DType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, dtypeBytes[dtype]);
}

/** A tensor over `buffer`, not copied: the whole of it, or `length` elements from `byteOffset`, which must be aligned. */
export function tensorOver(
  dtype: FixedDType,
  shape: readonly number[],
  buffer: ArrayBufferLike,
  byteOffset = 0,
  length = (buffer.byteLength - byteOffset) / dtypeBytes[dtype],
): Tensor {
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

/** A copy of `bytes` in a buffer of its own: aligned for any datatype, and free to be transferred to a worker. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/** The bytes of a tensor, not copied; BYTES are written as 32-bit length and content for each element. */
export function bytesOf(tensor: Tensor): Uint8Array {
  if (tensor.dtype === 'BYTES') return encodeBytesElements(tensor.data);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function encodeBytesElements(elements: readonly string[]): Uint8Array {
  const encoded = elements.map(bytesOfText);
  const total = encoded.reduce((sum, bytes) => sum + 4 + bytes.length, 0);
  const out = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const bytes of encoded) {
    at = out.writeUInt32LE(bytes.length, at);
    at += bytes.copy(out, at);
  }
  return out;
}

/** Reads length-prefixed elements; undefined unless they fill `bytes` exactly. */
export function decodeBytesElements(bytes: Uint8Array): string[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: string[] = [];
  let at = 0;
  while (at < buffer.length) {
    if (at + 4 > buffer.length) return undefined;
    const length = buffer.readUInt32LE(at);
    if (at + 4 + length > buffer.length) return undefined;
    elements.push(textOf(buffer.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return elements;
}

/** The items `indices` along the first axis, copied into a new tensor. */
export function gatherItems(tensor: Tensor, indices: readonly number[]): Tensor {
  const shape = [indices.length, ...tensor.shape.slice(1)];
  const stride = elementCount(tensor.shape.slice(1));
  if (tensor.dtype === 'BYTES') {
    const data = indices.flatMap(index => tensor.data.slice(index * stride, (index + 1) * stride));
    return { dtype: 'BYTES', shape, data };
  }
  const bytes = bytesOf(tensor);
  const strideBytes = stride * dtypeBytes[tensor.dtype];
  const buffer = new ArrayBuffer(strideBytes * indices.length);
  const out = new Uint8Array(buffer);
  indices.forEach((from, to) => {
    out.set(bytes.subarray(from * strideBytes, (from + 1) * strideBytes), to * strideBytes);
  });
  return tensorOver(tensor.dtype, shape, buffer);
}

/** A copy of `tensor` in which the items `indices` are those of `items`, in order. */
export function replaceItems(tensor: Tensor, items: Tensor, indices: readonly number[]): Tensor {
  const stride = elementCount(tensor.shape.slice(1));
  invariant(
    tensor.dtype === items.dtype && stride === elementCount(items.shape.slice(1)),
    "replaced items have other items' form",
  );
  if (tensor.dtype === 'BYTES') {
    const data = [...tensor.data];
    if (items.dtype === 'BYTES') {
      indices.forEach((to, from) => {
        data.splice(to * stride, stride, ...items.data.slice(from * stride, (from + 1) * stride));
      });
    }
    return { dtype: 'BYTES', shape: tensor.shape, data };
  }
  const strideBytes = stride * dtypeBytes[tensor.dtype];
  const buffer = ownBuffer(bytesOf(tensor));
  const out = new Uint8Array(buffer);
  const bytes = bytesOf(items);
  indices.forEach((to, from) => {
    out.set(bytes.subarray(from * strideBytes, (from + 1) * strideBytes), to * strideBytes);
  });
  return tensorOver(tensor.dtype, tensor.shape, buffer);
}

/** Joins tensors along the first axis. */
export function joinItems(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  invariant(first !== undefined, 'no parts to join');
  if (parts.length === 1) return first;
  const count = parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0);
  const shape = [count, ...first.shape.slice(1)];
  if (first.dtype === 'BYTES') {
    return { dtype: 'BYTES', shape, data: parts.flatMap(part => (part.dtype === 'BYTES' ? part.data : [])) };
  }
  return tensorOver(first.dtype, shape, ownBuffer(Buffer.concat(parts.map(bytesOf))));
}
