// The 16-bit floats, FP16 (IEEE 754 binary16) and BF16 (the upper half of a float32), as patterns of bits and as numbers.

export type HalfDType = 'FP16' | 'BF16';

interface Format {
  readonly fractionBits: number;
  /** Exponent of the smallest normal number. */
  readonly lowest: number;
  /** Exponent of the largest number. */
  readonly highest: number;
}

const formats: Readonly<Record<HalfDType, Format>> = {
  FP16: { fractionBits: 10, lowest: -14, highest: 15 },
  BF16: { fractionBits: 7, lowest: -126, highest: 127 },
};

const scratch = new DataView(new ArrayBuffer(8));

/** floor(log2 |x|) of a finite normal double. */
function exponentOf(x: number): number {
  scratch.setFloat64(0, x);
  return ((scratch.getUint16(0) >> 4) & 0x7ff) - 1023;
}

/** The bits of the nearest 16-bit float, ties to even; beyond the largest, infinity. */
export function toHalf(x: number, dtype: HalfDType): number {
  const { fractionBits, lowest, highest } = formats[dtype];
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const infinity = (highest - lowest + 2) << fractionBits;
  if (Number.isNaN(x)) return infinity | (1 << (fractionBits - 1));
  const size = Math.abs(x);
  if (size === 0) return sign;
  if (size === Number.POSITIVE_INFINITY) return sign | infinity;
  const exponent = Math.max(exponentOf(size), lowest);
  const quantum = 2 ** (exponent - fractionBits);
  // Adding 2^52 quanta leaves a double no room below one quantum: it rounds there, ties to even.
  const quanta = size / quantum + 2 ** 52 - 2 ** 52;
  // The fraction carries into the exponent by itself; below the lowest exponent there is no hidden bit to take off.
  const bits =
    exponent > lowest || quanta >= 2 ** fractionBits
      ? ((exponent - lowest + 1) << fractionBits) + quanta - 2 ** fractionBits
      : quanta;
  return sign | Math.min(bits, infinity);
}

/** The number that 16 bits stand for. */
export function fromHalf(bits: number, dtype: HalfDType): number {
  const { fractionBits, lowest, highest } = formats[dtype];
  const sign = bits & 0x8000 ? -1 : 1;
  const field = (bits & 0x7fff) >> fractionBits;
  const fraction = bits & (2 ** fractionBits - 1);
  if (field === highest - lowest + 2) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (field === 0) return sign * fraction * 2 ** (lowest - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (field - 1 + lowest);
}
