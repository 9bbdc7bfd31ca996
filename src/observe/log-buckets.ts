// The bounds of a histogram: every octave cut into equal parts, so that a value's bucket is read from the bits of its double.
import { GalerkinError } from '../base/index.js';

/** Bounds that many histograms share. A bucket holds what is over the bound before and not over its own (Prometheus' `le`). */
export interface LogBuckets {
  /** Upper bounds, ascending, without infinity. */
  readonly bounds: Float64Array;
  /** The bounds as labels, `+Inf` last, in the canonical form of OpenMetrics (`16.0`). */
  readonly labels: readonly string[];
  /** Index of the bucket of `value`, from 0; `bounds.length` for what is over every bound, and for NaN. About 5 ns, allocates nothing. */
  indexOf(value: number): number;
}

export interface LogBucketOptions {
  /** The first bound is 2^low: what is smaller, or negative, counts there. From -1000. */
  readonly low: number;
  /** The last bound is 2^high. Up to 1000. */
  readonly high: number;
  /** Buckets of an octave: 1, 2, 4, 8 or 16. A bucket is 1/parts of its octave's lower end wide. */
  readonly parts: 1 | 2 | 4 | 8 | 16;
}

const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
asDouble[0] = 1;
/** Where sign, exponent and the first 20 bits of the mantissa lie: the second word, but on a big-endian machine the first. */
const highWord = asWords[1] === 0 ? 0 : 1;
const lowWord = 1 - highWord;
const mantissaBitsOfHighWord = 20;
const exponentBias = 1023;

/** A number as a label or a sample of OpenMetrics: whole ones carry `.0`. */
export const canonicalNumber = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);

function checkOptions({ low, high }: LogBucketOptions): void {
  const areGood = Number.isInteger(low) && Number.isInteger(high) && low >= -1000 && low < high && high <= 1000;
  if (areGood) return;
  const faults = [`low and high: wanted whole numbers from -1000 to 1000, low below high, got ${low} and ${high}`];
  throw new GalerkinError('OPTIONS_INVALID', { of: 'logBuckets', faults });
}

/**
 * Buckets from 2^low to 2^high.
 * @throws OPTIONS_INVALID
 */
export function logBuckets(options: LogBucketOptions): LogBuckets {
  checkOptions(options);
  const { low, high, parts } = options;
  const count = (high - low) * parts + 1;
  const bounds = Float64Array.from(
    { length: count },
    (_, k) => 2 ** (low + Math.floor(k / parts)) * (1 + (k % parts) / parts),
  );
  const lowest = 2 ** low;
  const highest = 2 ** high;
  const shift = mantissaBitsOfHighWord - Math.log2(parts);
  const first = (low + exponentBias) * parts;
  return {
    bounds,
    labels: [...Array.from(bounds, canonicalNumber), '+Inf'],
    indexOf(value) {
      if (value <= lowest) return 0;
      if (!(value <= highest)) return count;
      asDouble[0] = value;
      // The next smaller double, so that a value on a bound counts below it.
      const word = (asWords[highWord] ?? 0) - (asWords[lowWord] === 0 ? 1 : 0);
      return (word >>> shift) - first + 1;
    },
  };
}
