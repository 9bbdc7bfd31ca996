// Constants: named tensors with their bytes, little-endian and row-major, as ONNX stores them; read as numbers on demand.
import { invariant } from '../base/index.js';
import { bytesOf, type ElementType } from './element-type.js';
import { fromBfloat16, fromFloat16, toFloat16 } from './half.js';

export interface Constant {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Raw bytes; empty for strings. Types of less than a byte are packed, the first in the low bits. */
  readonly bytes: Uint8Array;
  /** The elements of a string tensor; undefined for numbers. */
  readonly texts?: readonly Uint8Array[];
  /** Where the bytes are to be written, if not into the model's own file. */
  readonly outside?: { readonly location: string; readonly offset: number };
}

/** Number of elements. */
export function lengthOf({ shape }: { readonly shape: readonly number[] }): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** The bytes at an address that is a multiple of `width`; copied only if they lie askew (`slice` of a Buffer copies nothing). */
function aligned({ bytes }: Constant, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
}

/** The elements as float32: a view of the bytes where they are float32 and lie straight. */
export function floatsOf(constant: Constant): Float32Array {
  if (constant.dtype !== 'float32') return Float32Array.from(numbersOf(constant));
  const bytes = aligned(constant, 4);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function packed(bytes: Uint8Array, count: number, isSigned: boolean): number[] {
  return Array.from({ length: count }, (_, k) => {
    const nibble = ((bytes[k >> 1] ?? 0) >> (4 * (k & 1))) & 15;
    return isSigned && nibble > 7 ? nibble - 16 : nibble;
  });
}

/**
 * The elements as numbers; 64-bit integers lose what a number cannot hold (see integersOf).
 * Strings, complex numbers and 8-bit floats have none: a BUG is thrown, so ask for `dtype` first.
 */
export function numbersOf(constant: Constant): ArrayLike<number> & Iterable<number> {
  const count = lengthOf(constant);
  const view = <A>(width: number, make: (buffer: ArrayBufferLike, offset: number, length: number) => A): A => {
    const bytes = aligned(constant, width);
    return make(bytes.buffer, bytes.byteOffset, count);
  };
  switch (constant.dtype) {
    case 'float32':
      return view(4, (b, o, n) => new Float32Array(b, o, n));
    case 'float64':
      return view(8, (b, o, n) => new Float64Array(b, o, n));
    case 'int8':
      return view(1, (b, o, n) => new Int8Array(b, o, n));
    case 'uint8':
    case 'bool':
      return view(1, (b, o, n) => new Uint8Array(b, o, n));
    case 'int16':
      return view(2, (b, o, n) => new Int16Array(b, o, n));
    case 'uint16':
      return view(2, (b, o, n) => new Uint16Array(b, o, n));
    case 'int32':
      return view(4, (b, o, n) => new Int32Array(b, o, n));
    case 'uint32':
      return view(4, (b, o, n) => new Uint32Array(b, o, n));
    case 'int64':
      return Array.from(
        view(8, (b, o, n) => new BigInt64Array(b, o, n)),
        Number,
      );
    case 'uint64':
      return Array.from(
        view(8, (b, o, n) => new BigUint64Array(b, o, n)),
        Number,
      );
    case 'float16':
      return Array.from(
        view(2, (b, o, n) => new Uint16Array(b, o, n)),
        fromFloat16,
      );
    case 'bfloat16':
      return Array.from(
        view(2, (b, o, n) => new Uint16Array(b, o, n)),
        fromBfloat16,
      );
    case 'int4':
      return packed(constant.bytes, count, true);
    case 'uint4':
      return packed(constant.bytes, count, false);
    default:
      return invariantFails(constant);
  }
}

function invariantFails({ name, dtype }: Constant): never {
  invariant(false, `constant '${name}' of type ${dtype} can be read as numbers`);
  throw new RangeError(name);
}

/** The elements of an int64 or any whole-number constant: shapes, axes, indices. */
export const integersOf = (constant: Constant): number[] => Array.from(numbersOf(constant));

const bytesIn = (array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function encode(dtype: ElementType, values: ArrayLike<number>): Uint8Array {
  switch (dtype) {
    case 'float32':
      return bytesIn(values instanceof Float32Array ? values : Float32Array.from(values));
    case 'float64':
      return bytesIn(Float64Array.from(values));
    case 'int8':
      return bytesIn(Int8Array.from(values));
    case 'uint8':
      return Uint8Array.from(values);
    case 'bool':
      return Uint8Array.from(values, value => (value === 0 ? 0 : 1));
    case 'int16':
      return bytesIn(Int16Array.from(values));
    case 'uint16':
      return bytesIn(Uint16Array.from(values));
    case 'int32':
      return bytesIn(Int32Array.from(values));
    case 'uint32':
      return bytesIn(Uint32Array.from(values));
    case 'int64':
      return bytesIn(BigInt64Array.from(Array.from(values), BigInt));
    case 'uint64':
      return bytesIn(BigUint64Array.from(Array.from(values), BigInt));
    case 'float16':
      return bytesIn(Uint16Array.from(values, toFloat16));
    case 'int4':
    case 'uint4': {
      const bytes = new Uint8Array(bytesOf(dtype, values.length));
      for (let k = 0; k < values.length; k++)
        bytes[k >> 1] = (bytes[k >> 1] ?? 0) | (((values[k] ?? 0) & 15) << (4 * (k & 1)));
      return bytes;
    }
    default:
      invariant(false, `numbers can be written as ${dtype}`);
      return new Uint8Array();
  }
}

/** A constant from numbers; float32 arrays are not copied. */
export function constantOf(
  name: string,
  dtype: ElementType,
  { shape, values }: { readonly shape: readonly number[]; readonly values: ArrayLike<number> },
): Constant {
  invariant(lengthOf({ shape }) === values.length, `constant '${name}' has ${values.length} values for [${shape}]`);
  return { name, dtype, shape, bytes: encode(dtype, values) };
}
