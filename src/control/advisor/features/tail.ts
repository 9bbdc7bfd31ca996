// The tails of two distributions: how far apart, and how sure that is.
import type { LogHistogram } from './log-histogram.js';

/** Below this many beyond the quantile a tail is not known. */
const fewestBeyond = 2;

const known = ({ count }: LogHistogram, probability: number): boolean => count * (1 - probability) >= fewestBeyond;

/** Logarithm of the ratio of two quantiles. */
export function tailEffect(shapes: readonly [LogHistogram, LogHistogram], probability: number): number {
  const [stable, candidate] = shapes;
  if (!known(stable, probability) || !known(candidate, probability)) return Number.NaN;
  return candidate.logQuantile(probability) - stable.logQuantile(probability);
}

/** Standard errors by which more of the candidate's samples are above the stable version's quantile than belong there. */
export function tailEvidence(shapes: readonly [LogHistogram, LogHistogram], probability: number): number {
  const [stable, candidate] = shapes;
  if (!known(stable, probability) || candidate.count === 0) return Number.NaN;
  const expected = 1 - probability;
  const variance = expected * (1 - expected) * (1 / stable.count + 1 / candidate.count);
  return (candidate.shareAbove(stable.logQuantile(probability)) - expected) / Math.sqrt(variance);
}
