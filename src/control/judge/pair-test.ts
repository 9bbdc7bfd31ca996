// A figure that only copies have, because it needs both versions' answers to the same request: how far they differ, whose error is larger.
import { z } from 'zod';
import type { RequestSample } from '../../observe/index.js';
import { addEntry, meanState, weightedMean } from './mean-state.js';
import type { Levels, MetricTest, TestReport } from './metric-test.js';
import { boundDistance, logEvidenceAbove, logEvidenceBelow } from './t-mixture.js';

const number = z.number().default(0);
const pairState = z.strictObject({
  count: number,
  stableSum: number,
  candidateSum: number,
  mean: meanState.prefault({}),
});

/** The figure of a copy: of the candidate, and of the stable version or what it is held against. */
export interface PairFigure {
  readonly stable: number;
  readonly candidate: number;
}

export interface PairTestOptions {
  readonly figureOf: (sample: RequestSample) => PairFigure | undefined;
  readonly margin: number;
  /** Excess over the stable figure that is still no harm at all. */
  readonly harmless: number;
  readonly matters: number;
  /** False where the stable figure is a mere reference. */
  readonly showsStable: boolean;
  readonly patience: number;
  readonly levels: Levels;
  readonly state: unknown;
}

/** A relative error counts as at most 1,000 %: it is bad enough, and one must not hide a thousand good ones. */
const largest = 10;
const clipped = (value: number): number => Math.min(largest, value);

const isError = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/**
 * How far the versions' answers are apart. Without a guard, what is not finite counts as the largest difference; with one it may be
 * that the stable answer was replaced and nothing was compared, and the guard speaks for itself.
 */
export function differenceOf({ kind, ok, accepted, paired }: RequestSample): PairFigure | undefined {
  if (kind !== 'mirror' || paired === null || !ok) return undefined;
  const { difference } = paired;
  if (isError(difference)) return { stable: 0, candidate: clipped(difference) };
  return accepted === null ? { stable: 0, candidate: largest } : undefined;
}

/** The errors of both against the truth. */
export function errorsOf({ kind, paired }: RequestSample): PairFigure | undefined {
  if (kind !== 'mirror' || paired === null || !isError(paired.stableError)) return undefined;
  const { stableError, candidateError } = paired;
  return { stable: clipped(stableError), candidate: isError(candidateError) ? clipped(candidateError) : largest };
}

/** Candidate less stable, pair by pair, with the margin absolute. */
export function pairTest(options: PairTestOptions): MetricTest {
  const { figureOf, margin, harmless, matters, showsStable, patience, levels } = options;
  const state = pairState.parse(options.state ?? {});
  const hear: MetricTest['hear'] = (sample, arm) => {
    const figure = arm === 'candidate' ? figureOf(sample) : undefined;
    if (figure === undefined) return;
    state.count += 1;
    state.stableSum += figure.stable;
    state.candidateSum += figure.candidate;
    addEntry(state.mean, figure.candidate - figure.stable, 1);
  };
  const logHarm = (): number => logEvidenceAbove(weightedMean(state.mean), harmless);
  const report = (): TestReport => {
    const fit = weightedMean(state.mean);
    const { count } = state;
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return {
      test: 'one-sided t-mixture sequential test of paired differences',
      stableSamples: count,
      candidateSamples: count,
      stable: count === 0 || !showsStable ? null : state.stableSum / count,
      candidate: count === 0 ? null : state.candidateSum / count,
      effect: count === 0 ? null : fit.mean,
      lower: finite(fit.mean - boundDistance(fit, levels.falseAlarm)),
      upper: finite(fit.mean + boundDistance(fit, levels.falsePass)),
      harm: Math.exp(logHarm()),
      safety: Math.exp(logEvidenceBelow(fit, margin)),
    };
  };
  return { hear, isMeasured: () => state.count > 0, logHarm, matters, needsCount: true, patience, report, state };
}
