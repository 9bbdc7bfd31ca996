// A quantile of the latency: how often each version exceeds what was lately the stable one's quantile, in blocks of what ran together.
import { z } from 'zod';
import type { RequestSample } from '../../observe/index.js';
import { type Arm, addToBlock, blockInfo, blockState, emptyBlock } from './arms.js';
import { quantileOf, type SketchState } from './log-sketch.js';
import { addEntry, meanState, weightedMean } from './mean-state.js';
import { latencyOf } from './measure.js';
import { type Levels, type MetricTest, marginInUse, materialPart, type TestReport } from './metric-test.js';
import { quantileBand } from './quantile-band.js';
import { addProportions, proportionsState } from './two-proportions.js';

const quantileState = z.strictObject({
  /** ln of the threshold in ms: known before the samples that are held against it. */
  threshold: z.number().default(0),
  isSet: z.boolean().default(false),
  used: z.strictObject({ stable: z.number().default(0), candidate: z.number().default(0) }).prefault({}),
  worseBlock: blockState.prefault({}),
  betterBlock: blockState.prefault({}),
  worse: proportionsState.prefault({}),
  better: proportionsState.prefault({}),
  /** Differences of the shares, block by block: slow answers come in bursts. */
  scatter: meanState.prefault({}),
});
type QuantileState = z.infer<typeof quantileState>;

/** How far one excess moves the threshold, and how far a block may, in the logarithm. */
const step = 0.05;
const furthest = 0.2;
/** Stable values over the quantile, before the threshold is taken from the sketch. */
const fewestOver = 2;
const fewest = 20;

export interface QuantileTestOptions {
  readonly probability: number;
  readonly margin: number;
  /** Smaller differences do not matter. */
  readonly leastMs?: number;
  readonly levels: Levels;
  readonly sketches: Readonly<Record<Arm, SketchState>>;
  readonly state: unknown;
}

/** The threshold follows the stable version by stochastic approximation (Robbins and Monro 1951). */
function closeBlock(state: QuantileState, probability: number): void {
  const { worseBlock, betterBlock } = state;
  addProportions(state.worse, worseBlock, { show: 'above', gap: 0, usual: 1 - probability });
  addProportions(state.better, betterBlock, { show: 'below', gap: 0, usual: 1 - probability });
  const { stableCount, stableSum, candidateCount, candidateSum } = worseBlock;
  addEntry(state.scatter, candidateSum / candidateCount - stableSum / stableCount, blockInfo(worseBlock));
  const excess = stableSum - stableCount * (1 - probability);
  state.threshold += Math.max(-furthest, Math.min(furthest, step * excess));
  emptyBlock(worseBlock);
  emptyBlock(betterBlock);
}

/**
 * How much more the differences scatter than those of independent excesses, at least 1. Evidence is divided by it in the
 * logarithm, as quasi-likelihoods are (Wedderburn 1974), so that a burst does not count as so many witnesses.
 */
function dispersion({ worse, scatter }: QuantileState): number {
  const share = (worse.stableHits + worse.candidateHits) / Math.max(1, worse.stableCount + worse.candidateCount);
  const expected = share * (1 - share);
  return expected > 0 && scatter.entries >= 2 ? Math.max(1, weightedMean(scatter).variance / expected) : 1;
}

/** Blocks before excesses count at all: in fewer, a burst can't be told from a rule. */
const fewestBlocks = 20;
const believed = (state: QuantileState, logEvidence: number): number =>
  state.scatter.entries < fewestBlocks ? 0 : logEvidence / dispersion(state);

function reportOf(state: QuantileState, options: QuantileTestOptions): TestReport {
  const { probability, levels, sketches } = options;
  const stable = quantileOf(sketches.stable, probability);
  const candidate = quantileOf(sketches.candidate, probability);
  const band = (arm: Arm, level: number) => quantileBand(sketches[arm], probability, level / 2);
  const over = (above: number | null, below: number | null): number | null =>
    above === null || below === null ? null : above / below - 1;
  return {
    test: 'sequential test of excesses over a running quantile; beta-binomial quantile bands',
    stableSamples: state.used.stable,
    candidateSamples: state.used.candidate,
    stable,
    candidate,
    effect: over(candidate, stable),
    lower: over(band('candidate', levels.falseAlarm).lower, band('stable', levels.falseAlarm).upper),
    upper: over(band('candidate', levels.falsePass).upper, band('stable', levels.falsePass).lower),
    harm: Math.exp(believed(state, state.worse.logEvidence)),
    safety: Math.exp(believed(state, state.better.logEvidence)),
  };
}

/**
 * Candidate over stable, with the margin relative. "No worse" is refuted where the candidate exceeds the threshold more often;
 * "worse by the margin" where it exceeds (1 + margin) times the threshold less often than the stable version the threshold.
 */
export function quantileTest(options: QuantileTestOptions): MetricTest {
  const { probability, margin, leastMs = 0, sketches } = options;
  const state = quantileState.parse(options.state ?? {});
  const allowed = Math.log1p(margin);
  const wanted = Math.max(fewest, fewestOver / (1 - probability));
  const hear = (sample: RequestSample, arm: Arm): void => {
    const own = latencyOf.own(sample);
    if (own === undefined) return;
    if (!state.isSet) {
      if (sketches.stable.count < wanted) return;
      state.threshold = Math.log(quantileOf(sketches.stable, probability) ?? 1);
      state.isSet = true;
      return;
    }
    state.used[arm] += 1;
    const excess = own > state.threshold ? 1 : 0;
    const scaled = arm === 'stable' ? excess : own > state.threshold + allowed ? 1 : 0;
    addToBlock(state.betterBlock, arm, scaled);
    if (addToBlock(state.worseBlock, arm, excess)) closeBlock(state, probability);
  };
  return {
    hear,
    isMeasured: () => sketches.stable.count > 0 && sketches.candidate.count > 0,
    logHarm: () => believed(state, state.worse.logEvidence),
    get matters() {
      return Math.max(materialPart * margin, marginInUse(0, leastMs, quantileOf(sketches.stable, probability) ?? 0));
    },
    needsCount: true,
    patience: 1,
    report: () => reportOf(state, options),
    state,
  };
}
