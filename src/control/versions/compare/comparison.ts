// Two versions side by side: what was measured, with units; plain data.

/** How a field is told from others: statistics of its first input over all nodes. */
export const regimeStatistics = ['mean', 'variance', 'contrast'] as const;
export type RegimeStatistic = (typeof regimeStatistics)[number];

export interface Regime {
  /** 'all': every sample. */
  readonly statistic: RegimeStatistic | 'all';
  readonly part: 'low' | 'middle' | 'high' | 'all';
  /** Of the statistic over the regime's samples, both ends in it; mean in the input's unit, variance in its square, contrast without one. Null for all. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface RegimeAccuracy {
  readonly regime: Regime;
  /** Samples that both versions answered with finite numbers. */
  readonly count: number;
  /** Mean relative L2 errors against the true output; null without samples. */
  readonly aError: number | null;
  readonly bError: number | null;
  /** Mean of b's error less a's on the same sample: below 0 b is better. With Student's interval; null with fewer than two samples. */
  readonly difference: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** 'better' or 'worse' is b, where the interval leaves out 0. */
  readonly verdict: 'better' | 'worse' | 'unclear';
}

/** Quartiles of single runs, in milliseconds. */
export interface RunTimes {
  readonly firstQuartileMs: number;
  readonly medianMs: number;
  readonly thirdQuartileMs: number;
}

export interface VersionComparison {
  readonly model: string;
  readonly a: number;
  readonly b: number;
  /** Of the intervals, each by itself. */
  readonly confidence: number;
  /** Whose held-out samples were used. */
  readonly samples: readonly { readonly version: number; readonly digest: string; readonly count: number }[];
  /** Samples that a version answered with numbers that are not finite; they are in no mean. */
  readonly aBroken: number;
  readonly bBroken: number;
  /** First over all samples, then by regimes. */
  readonly accuracy: readonly RegimeAccuracy[];
  /** Of one item in one run, without a server around it, in turns; quartiles of b's time divided by a's in the same turn. */
  readonly latency: {
    readonly runs: number;
    readonly threads: number;
    readonly a: RunTimes;
    readonly b: RunTimes;
    readonly ratio: { readonly firstQuartile: number; readonly median: number; readonly thirdQuartile: number };
  };
  /** On disk, in bytes; null where the repository is on no disk. */
  readonly size: { readonly aBytes: number | null; readonly bBytes: number | null };
  /** What limits these figures, for people. */
  readonly notes: readonly string[];
}
