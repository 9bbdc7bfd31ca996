// Weights as whole numbers: symmetric about zero, one scale for each row, each column, or all of them.
import type { Weights } from './product.js';

/** What shares one scale. */
export type Granularity = 'row' | 'column' | 'tensor';

export interface IntegerWeights {
  /** From -limit to limit, in the order of the weights. */
  readonly values: Int8Array;
  /** One for each group: [batch, rows] or [batch, columns], or a single one. */
  readonly scales: Float32Array;
}

/** The group of every weight in turn. */
function groupOf({ rows, columns }: Weights, granularity: Granularity): (k: number) => number {
  if (granularity === 'tensor') return () => 0;
  if (granularity === 'row') return k => Math.floor(k / columns);
  return k => Math.floor(k / (rows * columns)) * columns + (k % columns);
}

/** Rounds to nearest, ties to even, as the runtime does. */
export function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest > 0.5 ? floor + 1 : floor;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Symmetric quantization: value ~ scale * integer, scale = largest magnitude of the group / limit.
 * A group of zeros has scale 1. The error of a weight is at most half its scale.
 * @param limit 127, or 63 where sums of two products must fit 16 bits (processors without integer dot products).
 */
export function integerWeights(weights: Weights, granularity: Granularity, limit: number): IntegerWeights {
  const { values, batch, rows, columns } = weights;
  const groups = granularity === 'tensor' ? 1 : batch * (granularity === 'row' ? rows : columns);
  const group = groupOf(weights, granularity);
  const largest = new Float32Array(groups);
  for (let k = 0; k < values.length; k++) {
    const g = group(k);
    largest[g] = Math.max(largest[g] ?? 0, Math.abs(values[k] ?? 0));
  }
  const scales = largest.map(value => (value === 0 ? 1 : value / limit));
  const integers = new Int8Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const integer = roundEven((values[k] ?? 0) / (scales[group(k)] ?? 1));
    integers[k] = Math.max(-limit, Math.min(limit, integer));
  }
  return { values: integers, scales };
}

/** The same numbers about 128, as unsigned bytes. */
export const shifted = (values: Int8Array): Uint8Array => Uint8Array.from(values, value => value + 128);
