// 16-bit floats: IEEE binary16 (FP16) and bfloat16 (BF16), both rounded to nearest, ties to even.

const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function floatOf(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** Drops `count` low bits, rounding to nearest, ties to even. */
function roundOff(bits: number, count: number): number {
  const half = 2 ** (count - 1);
  const kept = Math.floor(bits / (2 * half));
  const rest = bits - kept * 2 * half;
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept;
}

function toHalf(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // Half of the last place above 65504: from here on the nearest is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | roundOff(magnitude - 0x38000000, 13);
  // Subnormal in 16 bits: the significand moves right by as much as the exponent is short of the smallest.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  return sign | roundOff((magnitude & 0x7fffff) | 0x800000, shift);
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toBfloat(value: number): number {
  const bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return roundOff(bits, 16);
}

/** The bits of FP16 values: `{ datatype: 'FP16', shape, data: halfFromFloats(values) }`. */
export const halfFromFloats = (values: ArrayLike<number>): Uint16Array<ArrayBuffer> => Uint16Array.from(values, toHalf);

/** The values of FP16 bits; exact. */
export const halfToFloats = (bits: ArrayLike<number>): Float32Array<ArrayBuffer> => Float32Array.from(bits, fromHalf);

/** The bits of BF16 values. */
export const bfloatFromFloats = (values: ArrayLike<number>): Uint16Array<ArrayBuffer> =>
  Uint16Array.from(values, toBfloat);

/** The values of BF16 bits; exact. */
export const bfloatToFloats = (bits: ArrayLike<number>): Float32Array<ArrayBuffer> =>
  Float32Array.from(bits, half => floatOf((half << 16) >>> 0));
