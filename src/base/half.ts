// Half precision: IEEE 754 binary16 and bfloat16 patterns to numbers and back, rounded to nearest, ties to even.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that a binary16 pattern stands for. */
export function fromFloat16(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const fraction = pattern & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds `value` to a whole number, ties to even. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The binary16 pattern nearest to `value`; beyond 65519 infinity. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  // Subnormals and normals alike: a whole number of steps, which carries into the exponent by itself.
  const exponent = Math.max(size === 0 ? -14 : Math.floor(Math.log2(size)), -14);
  const step = 2 ** (exponent - 10);
  return sign | ((exponent + 14) * 1024 + roundEven(size / step));
}

/** The number that a bfloat16 pattern stands for. */
export function fromBfloat16(pattern: number): number {
  bits[0] = pattern << 16;
  return float[0] ?? 0;
}
