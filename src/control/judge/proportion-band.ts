// A band for one share that holds at all times: the likelihood ratio mixed over a Beta distribution (Robbins 1970), inverted.
import { logGamma } from './normal-distribution.js';

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Jeffreys' prior: good for small shares. */
const prior = 0.5;

/** ln of the likelihood of `hits` of `count`, mixed over all shares. */
const logMixed = (hits: number, count: number): number =>
  logBeta(hits + prior, count - hits + prior) - logBeta(prior, prior);

const logLikely = (hits: number, count: number, p: number): number =>
  (hits === 0 ? 0 : hits * Math.log(p)) + (hits === count ? 0 : (count - hits) * Math.log1p(-p));

/** ln of the e-value of `hits` of `count` against a share of p exactly. */
export const logAgainstShare = (hits: number, count: number, p: number): number =>
  logMixed(hits, count) - logLikely(hits, count, p);

export interface ShareBand {
  readonly lower: number;
  readonly upper: number;
}

/**
 * All shares that are not refuted at `level`: P(the true one is ever outside) <= level, if it stays the same.
 * @param hits from 0 to count
 */
export function shareBand(hits: number, count: number, level: number): ShareBand {
  if (count === 0) return { lower: 0, upper: 1 };
  const least = logMixed(hits, count) + Math.log(level);
  const seen = hits / count;
  const edge = (from: number, to: number): number => {
    let inside = from;
    let outside = to;
    for (let step = 0; step < 40; step++) {
      const middle = (inside + outside) / 2;
      if (logLikely(hits, count, middle) > least) inside = middle;
      else outside = middle;
    }
    return outside;
  };
  return { lower: hits === 0 ? 0 : edge(seen, 0), upper: hits === count ? 1 : edge(seen, 1) };
}
