// The metric test of Kayenta's NetflixACAJudge-v1.0, after its formulas: Mann and Whitney's test with Hodges and Lehmann's shift and a tolerance.

export interface MannWhitney {
  /** Normal quantile of the confidence level of 0.98, two-sided. */
  readonly z: number;
  /** Part of the estimated shift that the interval must clear. */
  readonly tolerance: number;
}
export const shipped: MannWhitney = { z: 2.3263478740408408, tolerance: 0.25 };

interface RankSum {
  /** Of the first sample's ranks. */
  readonly sum: number;
  /** Σ (t³ - t) over groups of ties. */
  readonly ties: number;
}

/** Ranks of x - shift among both, ties at their mean rank; both sorted. O(m + n). */
function rankSum(x: Float64Array, y: Float64Array, shift: number): RankSum {
  let [i, j, rank, sum, ties] = [0, 0, 1, 0, 0];
  while (i < x.length || j < y.length) {
    const value = Math.min(
      i < x.length ? x[i] - shift : Number.POSITIVE_INFINITY,
      j < y.length ? y[j] : Number.POSITIVE_INFINITY,
    );
    let [ofX, ofY] = [0, 0];
    for (; i < x.length && x[i] - shift === value; i++) ofX++;
    for (; j < y.length && y[j] === value; j++) ofY++;
    const size = ofX + ofY;
    sum += ofX * (rank + (size - 1) / 2);
    ties += size ** 3 - size;
    rank += size;
  }
  return { sum, ties };
}

/** The standardised statistic at a shift; falls as the shift grows. */
function standardised(x: Float64Array, y: Float64Array, shift: number, isCorrected: boolean): number {
  const [m, n] = [x.length, y.length];
  const { sum, ties } = rankSum(x, y, shift);
  const excess = sum - (m * (m + 1)) / 2 - (m * n) / 2;
  const variance = ((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1)));
  const correction = isCorrected ? Math.sign(excess) * 0.5 : 0;
  return variance <= 0 ? 0 : (excess - correction) / Math.sqrt(variance);
}

/** Hodges and Lehmann's estimate: where the uncorrected statistic is zero, by halving. */
function shiftOf(x: Float64Array, y: Float64Array): number {
  let low = x[0] - y[y.length - 1];
  let high = x[x.length - 1] - y[0];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (standardised(x, y, middle, false) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const mean = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0) / values.length;

/**
 * How large z may be so that the canary is still called 'High' (a metric that must not increase): the lower bound of the shift is
 * over the tolerance times the shift exactly where the statistic there is over z. -Infinity where it is never called so.
 */
export function highness(
  baseline: ArrayLike<number>,
  canary: ArrayLike<number>,
  tolerance = shipped.tolerance,
): number {
  const x = Float64Array.from(canary).sort();
  const y = Float64Array.from(baseline).sort();
  if (x.length < 2 || y.length < 2) return Number.NEGATIVE_INFINITY;
  const shift = shiftOf(x, y);
  // The effect is the ratio of means, and any increase is too much.
  if (shift <= 0 || mean(x) / mean(y) < 1) return Number.NEGATIVE_INFINITY;
  return standardised(x, y, tolerance * shift, true);
}

export const isHigh = (baseline: ArrayLike<number>, canary: ArrayLike<number>, { z, tolerance } = shipped): boolean =>
  highness(baseline, canary, tolerance) > z;
