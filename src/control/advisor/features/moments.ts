// Running mean and variance of one stream (Welford 1962), and the evidence that two streams give against a margin.

export class Moments {
  count = 0;
  mean = 0;
  #squares = 0;

  hear(value: number): void {
    this.count++;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.#squares += before * (value - this.mean);
  }

  /** Unbiased; NaN below two values. */
  get variance(): number {
    return this.count < 2 ? Number.NaN : Math.max(0, this.#squares / (this.count - 1));
  }
}

/** How far the candidate is from the stable version, and how sure that is. NaN where it is not known. */
export interface Difference {
  readonly effect: number;
  readonly standardError: number;
}

export const unknownDifference: Difference = Object.freeze({ effect: Number.NaN, standardError: Number.NaN });

/** Logarithm of the ratio of two means, by the delta method. */
export function ratioOfMeans(stable: Moments, candidate: Moments): Difference {
  if (stable.count < 2 || candidate.count < 2 || !(stable.mean > 0) || !(candidate.mean > 0)) return unknownDifference;
  const relative = ({ count, mean, variance }: Moments) => variance / (count * mean * mean);
  return {
    effect: Math.log(candidate.mean / stable.mean),
    standardError: Math.sqrt(relative(stable) + relative(candidate)),
  };
}

/** Mean of differences that were taken in pairs. */
export const pairedMean = ({ count, mean, variance }: Moments): Difference =>
  count < 2 ? unknownDifference : { effect: mean, standardError: Math.sqrt(variance / count) };

/** Difference of two shares, each drawn a little towards one half, so that no failures in few samples is no certainty. */
export function differenceOfShares(stable: Moments, candidate: Moments): Difference {
  if (stable.count === 0 || candidate.count === 0) return unknownDifference;
  const share = ({ count, mean }: Moments) => (mean * count + 0.5) / (count + 1);
  const [p, q] = [share(stable), share(candidate)];
  return {
    effect: q - p,
    standardError: Math.sqrt((p * (1 - p)) / (stable.count + 1) + (q * (1 - q)) / (candidate.count + 1)),
  };
}
