// Tensors as callers hold them: a datatype of the wire, a shape, and a typed array (BYTES: a list of byte strings).
import { GalerkinClientError } from './errors.js';

/** Bytes of one element; BYTES elements carry their own length. */
export const elementBytes = {
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
} as const;

export type Datatype = keyof typeof elementBytes;
export type FixedDatatype = Exclude<Datatype, 'BYTES'>;

type Of<D extends Datatype, A> = { readonly datatype: D; readonly shape: readonly number[]; readonly data: A };

/** BOOL is 0 or 1; FP16 and BF16 are the bits (halfToFloats, bfloatToFloats); BYTES elements are views (textsOf decodes them). */
export type Tensor =
  | Of<'BOOL' | 'UINT8', Uint8Array>
  | Of<'UINT16' | 'FP16' | 'BF16', Uint16Array>
  | Of<'UINT32', Uint32Array>
  | Of<'UINT64', BigUint64Array>
  | Of<'INT8', Int8Array>
  | Of<'INT16', Int16Array>
  | Of<'INT32', Int32Array>
  | Of<'INT64', BigInt64Array>
  | Of<'FP32', Float32Array>
  | Of<'FP64', Float64Array>
  | Of<'BYTES', readonly Uint8Array[]>;

export const isDatatype = (name: string): name is Datatype => Object.hasOwn(elementBytes, name);

/** Elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A tensor over `count` elements that begin at `offset` of `buffer`, not copied; `offset` must be a multiple of their size. */
export function tensorOver(
  datatype: FixedDatatype,
  shape: readonly number[],
  { buffer, offset = 0 }: { readonly buffer: ArrayBuffer; readonly offset?: number },
): Tensor {
  const count = sizeOf(shape);
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
      return { datatype, shape, data: new Uint8Array(buffer, offset, count) };
    case 'UINT16':
    case 'FP16':
    case 'BF16':
      return { datatype, shape, data: new Uint16Array(buffer, offset, count) };
    case 'UINT32':
      return { datatype, shape, data: new Uint32Array(buffer, offset, count) };
    case 'UINT64':
      return { datatype, shape, data: new BigUint64Array(buffer, offset, count) };
    case 'INT8':
      return { datatype, shape, data: new Int8Array(buffer, offset, count) };
    case 'INT16':
      return { datatype, shape, data: new Int16Array(buffer, offset, count) };
    case 'INT32':
      return { datatype, shape, data: new Int32Array(buffer, offset, count) };
    case 'INT64':
      return { datatype, shape, data: new BigInt64Array(buffer, offset, count) };
    case 'FP32':
      return { datatype, shape, data: new Float32Array(buffer, offset, count) };
    case 'FP64':
      return { datatype, shape, data: new Float64Array(buffer, offset, count) };
  }
}

/** A tensor of one value per element: numbers, booleans, or decimal texts (64-bit integers, NaN and infinities). */
export function tensorOfValues(datatype: FixedDatatype, shape: readonly number[], values: readonly unknown[]): Tensor {
  const buffer = new ArrayBuffer(values.length * elementBytes[datatype]);
  const tensor = tensorOver(datatype, [values.length], { buffer });
  if (tensor.datatype === 'FP16' || tensor.datatype === 'BF16' || tensor.datatype === 'BYTES') {
    throw new GalerkinClientError(
      'ARGUMENT',
      `${datatype} values go as bits: halfFromFloats and bfloatFromFloats make them.`,
    );
  }
  const isBig = tensor.datatype === 'INT64' || tensor.datatype === 'UINT64';
  values.forEach((value, place) => {
    if (isBig) tensor.data[place] = bigOf(value);
    else tensor.data[place] = Number(value);
  });
  return { ...tensor, shape };
}

function bigOf(value: unknown): bigint {
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string') return BigInt(value);
  throw new GalerkinClientError('ARGUMENT', `A 64-bit integer is wanted, got ${typeof value}.`);
}
