// The difference of two shares, such as of failed requests: exact evidence at every count, from blocks of requests that ran together.
import { z } from 'zod';
import type { RequestSample } from '../../observe/index.js';
import { addAfterShare, afterShare, afterShareState, stableAgain } from './after-stable.js';
import { type Arm, addToBlock, blockInfo, blockState, emptyBlock } from './arms.js';
import { type Levels, type MetricTest, materialPart, type TestReport } from './metric-test.js';
import { shareBand } from './proportion-band.js';
import { addProportions, proportionsState } from './two-proportions.js';

const number = z.number().default(0);

const rateState = z.strictObject({
  stableCount: number,
  stableHits: number,
  candidateCount: number,
  candidateHits: number,
  block: blockState.prefault({}),
  after: afterShareState.prefault({}),
  worse: proportionsState.prefault({}),
  better: proportionsState.prefault({}),
  /** Sums over blocks for the difference that was adjusted for time (Mantel and Haenszel). */
  weight: number,
  weighted: number,
});
type RateState = z.infer<typeof rateState>;

const largestLog = 600;
/** Of requests that fail, before any was seen. */
const usual = 0.01;

export interface RateTestOptions {
  /** True for a bad request; undefined where it is unknown. */
  readonly isBad: (sample: RequestSample) => boolean | undefined;
  readonly margin: number;
  readonly levels: Levels;
  readonly state: unknown;
}

function closeBlock(state: RateState, margin: number): void {
  const { block } = state;
  addProportions(state.worse, block, { show: 'above', gap: 0, usual });
  addProportions(state.better, block, { show: 'below', gap: margin, usual });
  const info = blockInfo(block);
  state.weight += info;
  state.weighted += info * (block.candidateSum / block.candidateCount - block.stableSum / block.stableCount);
  emptyBlock(block);
}

function reportOf(state: RateState, levels: Levels): TestReport {
  const { stableCount, stableHits, candidateCount, candidateHits } = state;
  const since = afterShare(state.after) ?? Number.NEGATIVE_INFINITY;
  const both = stableCount > 0 && candidateCount > 0;
  const low = (level: number) =>
    shareBand(candidateHits, candidateCount, level).lower - shareBand(stableHits, stableCount, level).upper;
  const high = (level: number) =>
    shareBand(candidateHits, candidateCount, level).upper - shareBand(stableHits, stableCount, level).lower;
  return {
    test: 'sequential test of two proportions by e-values in blocks',
    stableSamples: stableCount,
    candidateSamples: candidateCount,
    stable: stableCount === 0 ? null : stableHits / stableCount,
    candidate: candidateCount === 0 ? null : candidateHits / candidateCount,
    effect: state.weight === 0 ? null : Math.max(state.weighted / state.weight, since - stableHits / stableCount),
    lower: both ? low(levels.falseAlarm / 2) : null,
    upper: both ? high(levels.falsePass / 2) : null,
    harm: Math.exp(state.worse.logEvidence),
    safety: Math.exp(state.better.logEvidence),
  };
}

/** Candidate less stable, with the margin absolute: 0.01 is one point. Copies count as the candidate's. */
export function rateTest({ isBad, margin, levels, state: from }: RateTestOptions): MetricTest {
  const state = rateState.parse(from ?? {});
  const hear = (sample: RequestSample, arm: Arm): void => {
    const bad = isBad(sample);
    if (bad === undefined) return;
    const value = bad ? 1 : 0;
    if (arm === 'stable') {
      state.stableCount += 1;
      state.stableHits += value;
      stableAgain(state.after);
    } else {
      state.candidateCount += 1;
      state.candidateHits += value;
      const stable = { count: state.stableCount, hits: state.stableHits, margin };
      state.worse.logEvidence = Math.min(
        largestLog,
        state.worse.logEvidence + addAfterShare(state.after, value, stable),
      );
    }
    if (addToBlock(state.block, arm, value)) closeBlock(state, margin);
  };
  return {
    hear,
    isMeasured: () => state.weight > 0,
    logHarm: () => state.worse.logEvidence,
    matters: materialPart * margin,
    needsCount: false,
    patience: 1,
    report: () => reportOf(state, levels),
    state,
  };
}
