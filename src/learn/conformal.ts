// Split conformal prediction: a bound that a new field of the same family exceeds with probability at most alpha.

/**
 * The ⌈(count + 1)(1 - alpha)⌉-th smallest score; +Infinity when there are too few scores for that alpha.
 * If the new field and the `count` calibration fields are exchangeable, P(score > bound) ≤ alpha (Vovk et al. 2005).
 */
export function conformalBound(scores: ArrayLike<number>, alpha: number): number {
  const sorted = Float64Array.from(scores).sort();
  return sorted[Math.ceil((sorted.length + 1) * (1 - alpha)) - 1] ?? Number.POSITIVE_INFINITY;
}
