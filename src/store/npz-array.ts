// Arrays as they lie on disk: numpy's dtype names, a shape, and a typed array in row-major order.
export interface NpzArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
}

export type NpzDType = keyof NpzArrays;

/** One array; narrow by `dtype` to get the type of `data`. */
export type NpzArray = {
  [D in NpzDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: NpzArrays[D] };
}[NpzDType];

interface Kind {
  /** numpy's type descriptor, little-endian. */
  readonly descriptor: string;
  readonly bytes: number;
  /** The array over part of a buffer; `offset` is a multiple of `bytes`. */
  readonly view: (shape: readonly number[], buffer: ArrayBufferLike, offset: number, count: number) => NpzArray;
}

export const kinds: Readonly<Record<NpzDType, Kind>> = Object.freeze({
  float32: {
    descriptor: '<f4',
    bytes: 4,
    view: (shape, buffer, offset, count) => ({
      dtype: 'float32',
      shape,
      data: new Float32Array(buffer, offset, count),
    }),
  },
  float64: {
    descriptor: '<f8',
    bytes: 8,
    view: (shape, buffer, offset, count) => ({
      dtype: 'float64',
      shape,
      data: new Float64Array(buffer, offset, count),
    }),
  },
  int32: {
    descriptor: '<i4',
    bytes: 4,
    view: (shape, buffer, offset, count) => ({ dtype: 'int32', shape, data: new Int32Array(buffer, offset, count) }),
  },
  int64: {
    descriptor: '<i8',
    bytes: 8,
    view: (shape, buffer, offset, count) => ({ dtype: 'int64', shape, data: new BigInt64Array(buffer, offset, count) }),
  },
  uint8: {
    descriptor: '|u1',
    bytes: 1,
    view: (shape, buffer, offset, count) => ({ dtype: 'uint8', shape, data: new Uint8Array(buffer, offset, count) }),
  },
});

/** The kind that numpy's descriptor names, or undefined. */
export function kindOf(descriptor: string): Kind | undefined {
  return Object.values(kinds).find(kind => kind.descriptor === descriptor);
}
