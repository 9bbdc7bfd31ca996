// The ratio of the two versions' means of a positive figure (geometric means): from blocks of answers that ran together, and from mirrored pairs.
import { z } from 'zod';
import { addAfter, afterMean, afterMeanState, rememberStable } from './after-stable.js';
import { type Arm, addToBlock, blockInfo, blockState, emptyBlock } from './arms.js';
import { addEntry, type MeanState, meanState, weightedMean } from './mean-state.js';
import type { RatioMeasure } from './measure.js';
import { type Levels, type MetricTest, marginInUse, materialPart, type TestReport } from './metric-test.js';
import { boundDistance, logEvidenceAbove, logEvidenceBelow, type WeightedMean } from './t-mixture.js';

const number = z.number().default(0);
const armState = z.strictObject({ count: number, sum: number });

export const ratioState = z.strictObject({
  stable: armState.prefault({}),
  candidate: armState.prefault({}),
  block: blockState.prefault({}),
  answers: meanState.prefault({}),
  pairs: meanState.prefault({}),
  after: afterMeanState.prefault({}),
  /** The source that was heard first has most of the error budget. */
  first: z.enum(['none', 'answers', 'pairs']).default('none'),
});
type RatioState = z.infer<typeof ratioState>;

/** Of the error budget: what is heard first, answers or pairs; the other of them; and what comes after the stable version. */
const firstPart = 0.875;
const secondPart = 0.0625;
const afterPart = 0.0625;
/** A single figure counts as at most this much more or less than another: a factor of 1,000. */
const largestLog = Math.log(1000);

const clipped = (value: number): number => Math.max(-largestLog, Math.min(largestLog, value));

interface Source {
  readonly part: number;
  readonly fit: WeightedMean;
}

function sourcesOf({ first, answers, pairs }: RatioState): Source[] {
  const leading = first === 'none' ? 'answers' : first;
  const part = (of: 'answers' | 'pairs'): number => (leading === of ? firstPart : secondPart);
  return [
    { part: part('answers'), fit: weightedMean(answers) },
    { part: part('pairs'), fit: weightedMean(pairs) },
  ];
}

const logOfMix = (terms: readonly { readonly part: number; readonly log: number }[]): number => {
  const most = Math.max(...terms.map(({ log }) => log));
  return most + Math.log(terms.reduce((sum, { part, log }) => sum + part * Math.exp(log - most), 0));
};

/** The estimate of the source that knows it best: the smaller squared error of the mean. */
function best(sources: readonly Source[]): WeightedMean | undefined {
  const known = sources.map(({ fit }) => fit).filter(({ entries }) => entries >= 2);
  return known.toSorted((a, b) => a.variance / a.info - b.variance / b.info)[0];
}

export interface RatioTestOptions {
  readonly measure: RatioMeasure;
  readonly margin: number;
  /** Of times: smaller differences do not matter. */
  readonly leastMs?: number;
  readonly levels: Levels;
  readonly state: unknown;
}

function addAnswer(state: RatioState, arm: Arm, value: number): void {
  const { block } = state;
  if (!addToBlock(block, arm, value)) return;
  if (state.first === 'none') state.first = 'answers';
  const difference = block.candidateSum / block.candidateCount - block.stableSum / block.stableCount;
  addEntry(state.answers, clipped(difference), blockInfo(block));
  emptyBlock(block);
}

function addPair(pairs: MeanState, candidate: number, stable: number): void {
  addEntry(pairs, clipped(candidate - stable), 1);
}

/** Candidate over stable, with the margin relative: 0.1 is 10 %. */
export function ratioTest({ measure, margin, leastMs = 0, levels, state: from }: RatioTestOptions): MetricTest {
  const state = ratioState.parse(from ?? {});
  const stableMean = (): number => (state.stable.count === 0 ? 0 : Math.exp(state.stable.sum / state.stable.count));
  const allowed = (): number => marginInUse(margin, leastMs, stableMean());
  const limit = (): number => Math.log1p(allowed());
  const idle = { part: afterPart, log: 0 };
  const logHarm = (): number => {
    const after = afterMean(state.after);
    const besides = after === undefined ? idle : { part: afterPart, log: logEvidenceAbove(after, 0) };
    return logOfMix([...sourcesOf(state).map(({ part, fit }) => ({ part, log: logEvidenceAbove(fit, 0) })), besides]);
  };
  const logSafety = (): number =>
    logOfMix([...sourcesOf(state).map(({ part, fit }) => ({ part, log: logEvidenceBelow(fit, limit()) })), idle]);

  const count = (arm: Arm, value: number): void => {
    state[arm].count += 1;
    state[arm].sum += value;
  };
  const hear: MetricTest['hear'] = (sample, arm) => {
    const before = arm === 'stable' ? measure.before?.(sample) : undefined;
    if (before !== undefined) rememberStable(state.after, before);
    const own = measure.own(sample);
    if (own === undefined) return;
    const stable = sample.kind === 'mirror' ? measure.pair?.(sample) : undefined;
    if (stable !== undefined && arm === 'candidate') {
      if (state.first === 'none') state.first = 'pairs';
      addPair(state.pairs, own, stable);
      count('candidate', own);
      count('stable', stable);
      return;
    }
    // A copy whose original is unknown says how the candidate fares, if nothing of the metric can be paired.
    if (sample.kind === 'mirror' && measure.pair !== undefined) return;
    count(arm, own);
    addAnswer(state, arm, own);
    if (arm === 'stable') rememberStable(state.after, own);
    else addAfter(state.after, own, limit());
  };
  const report = (): TestReport => {
    const sources = sourcesOf(state);
    const fit = best(sources);
    const since = afterMean(state.after);
    const bound = (level: number, sign: 1 | -1): number | null => {
      const bounds = sources.map(each => each.fit.mean + sign * boundDistance(each.fit, level * each.part));
      const closest = sign === 1 ? Math.min(...bounds) : Math.max(...bounds);
      return Number.isFinite(closest) ? Math.expm1(closest) : null;
    };
    const meanOf = ({ count, sum }: RatioState['stable']): number | null =>
      count === 0 ? null : Math.exp(sum / count);
    return {
      test: 'one-sided t-mixture sequential test of log ratios',
      stableSamples: state.stable.count,
      candidateSamples: state.candidate.count,
      stable: meanOf(state.stable),
      candidate: meanOf(state.candidate),
      effect:
        fit === undefined
          ? null
          : Math.expm1(Math.max(fit.mean, since === undefined ? fit.mean : since.mean + limit())),
      lower: bound(levels.falseAlarm, -1),
      upper: bound(levels.falsePass, 1),
      harm: Math.exp(logHarm()),
      safety: Math.exp(logSafety()),
      margin: allowed(),
    };
  };
  return {
    hear,
    isMeasured: () => state.answers.entries > 0 || state.pairs.entries > 0,
    logHarm,
    get matters() {
      return Math.max(materialPart * margin, marginInUse(0, leastMs, stableMean()));
    },
    needsCount: true,
    patience: 1,
    report,
    state,
  };
}
