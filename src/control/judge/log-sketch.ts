// A distribution in little space: counts in bins of equal width in the logarithm, so that every quantile is known to 2 % of its value.
import { z } from 'zod';

export const sketchState = z.strictObject({
  count: z.number().default(0),
  /** Index of the first bin that is kept. */
  first: z.int().default(0),
  counts: z.array(z.number()).max(4096).default([]),
});
export type SketchState = z.infer<typeof sketchState>;

/** Upper edge of a bin over its lower edge; a value is told from its bin's middle within half of that. */
const growth = 1.04;
const logGrowth = Math.log(growth);
/** Bins from 1e-13 to 1e13: what is beyond counts in the last. */
const farthest = 763;

const binOf = (value: number): number =>
  value > 0 ? Math.max(-farthest, Math.min(farthest, Math.floor(Math.log(value) / logGrowth))) : -farthest;

export const upperEdge = (bin: number): number => growth ** (bin + 1);

/** Counts a value of at least 0; one that is not finite is passed over. O(1) but where the range grows. */
export function addToSketch(state: SketchState, value: number): void {
  if (!(value >= 0) || value === Number.POSITIVE_INFINITY) return;
  const bin = binOf(value);
  const { counts } = state;
  if (counts.length === 0) state.first = bin;
  while (bin < state.first) {
    counts.unshift(0);
    state.first -= 1;
  }
  while (bin >= state.first + counts.length) counts.push(0);
  counts[bin - state.first] += 1;
  state.count += 1;
}

/**
 * The value of a rank, from 1 to count, to 2 %; null without values. O(bins).
 * @param rank what is below 1 is the smallest, what is above the count the largest
 */
export function valueOfRank({ count, counts, first }: SketchState, rank: number): number | null {
  if (count === 0) return null;
  const wanted = Math.max(1, Math.min(count, Math.ceil(rank)));
  let passed = 0;
  for (const [k, each] of counts.entries()) {
    passed += each;
    if (passed >= wanted) return Math.sqrt(growth) * growth ** (first + k);
  }
  return null;
}

export const quantileOf = (state: SketchState, probability: number): number | null =>
  valueOfRank(state, probability * state.count);
