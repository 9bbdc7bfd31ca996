// A band for a quantile that holds at all times: how often a value was below it must be a share that is not refuted.
import { type SketchState, valueOfRank } from './log-sketch.js';
import { logAgainstShare } from './proportion-band.js';

export interface QuantileBand {
  /** null: nothing of it is known on this side yet. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/** The smallest and the largest number of values at or below the quantile that are not refuted at `level`, by halving. */
function ranks(count: number, probability: number, level: number): { readonly low: number; readonly high: number } {
  const wanted = -Math.log(level);
  const isKept = (hits: number): boolean => logAgainstShare(hits, count, probability) < wanted;
  const edge = (from: number, to: number): number => {
    let inside = from;
    let outside = to;
    while (Math.abs(outside - inside) > 1) {
      const middle = Math.round((inside + outside) / 2);
      if (isKept(middle)) inside = middle;
      else outside = middle;
    }
    return isKept(outside) ? outside : inside;
  };
  const centre = Math.round(count * probability);
  return { low: edge(centre, 0), high: edge(centre, count) };
}

/**
 * P(the quantile is ever outside) <= level, for values that are alike and independent: the number of values below the quantile is
 * a sum of Bernoulli variables of its probability, whose mixture likelihood ratio is a martingale (the beta-binomial bound of
 * Howard and Ramdas 2022, in the form that can be derived in a line). Besides, edges are known to the sketch's 2 %.
 */
export function quantileBand(sketch: SketchState, probability: number, level: number): QuantileBand {
  const { count } = sketch;
  if (count < 2) return { lower: null, upper: null };
  const { low, high } = ranks(count, probability, level);
  return {
    lower: low <= 0 ? null : valueOfRank(sketch, low),
    upper: high >= count ? null : valueOfRank(sketch, high + 1),
  };
}
