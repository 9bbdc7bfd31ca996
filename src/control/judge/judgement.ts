// What a judge of a release is asked, and what it answers.

/** What may be judged. Latencies and costs compare ratios; shares of failures and errors compare differences. */
export const judgedMetrics = [
  'latency-mean',
  'latency-p50',
  'latency-p95',
  'latency-p99',
  'error-rate',
  'guard-rate',
  'residual',
  'conservation',
  'difference',
  'accuracy',
  'resource-use',
] as const;
export type JudgedMetric = (typeof judgedMetrics)[number];

/** Differences of a time that do not matter unless a document says otherwise, in ms. */
export const usualLeastMs = 0.5;

/** One question to the judge. */
export interface Criterion {
  readonly metric: JudgedMetric;
  /**
   * How much worse the candidate may be and still be let in. Latency, resource use, residual and conservation: relative to the
   * stable version (0.1 is 10 %). Error and guard rates, accuracy: absolute (0.01 is one point, or 0.01 of relative L2 error).
   * Difference: the largest mean relative L2 difference from the stable version's answers.
   */
  readonly margin: number;
  /**
   * Of a latency: differences of fewer milliseconds do not matter, whatever part of it they are; 0 where it is left out. Below
   * about half a millisecond the same version is now quicker, now slower, as the machine places its threads.
   */
  readonly leastMs?: number;
  /** The release may be promoted without this one's proof, but never against its veto. */
  readonly advisory: boolean;
}

export interface JudgeConfig {
  /** Probability that a version which is no worse is refused, over the whole release, however often one looks. */
  readonly falseAlarm: number;
  /** Probability that a version which is worse by more than a margin is promoted. */
  readonly falsePass: number;
  /**
   * Of each arm, before a promotion, and before a refusal by a test that relies on large numbers. Failures and refusals by the
   * guard are tested exactly and may end a release sooner.
   */
  readonly minSamples: number;
  readonly criteria: readonly Criterion[];
}

export type JudgeVerdict = 'promote' | 'continue' | 'abort';

export interface CriterionReport {
  readonly metric: JudgedMetric;
  /** The test by its name in the literature. */
  readonly test: string;
  readonly verdict: JudgeVerdict;
  /** Samples that it has used, of each arm; pairs count in both. */
  readonly stableSamples: number;
  readonly candidateSamples: number;
  /** Of each arm, in the metric's own unit; null before there is one. */
  readonly stable: number | null;
  readonly candidate: number | null;
  /**
   * How much worse the candidate is (as `margin` counts it), with the bounds of an interval that holds at all times; null before
   * there is one. Of a criterion with the verdict 'promote' the upper bound is the margin at most.
   */
  readonly effect: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly margin: number;
  /** Evidence that it is worse at all, and that it is not worse by the margin: e-values, 1 at the start. */
  readonly harm: number;
  readonly safety: number;
}

export interface Judgement {
  readonly verdict: JudgeVerdict;
  readonly atMs: number;
  /** One sentence for people: what decided, or what is still missing. */
  readonly reason: string;
  readonly criteria: readonly CriterionReport[];
}
