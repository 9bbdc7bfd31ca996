// Which test judges which metric, and how much of the false-alarm budget it gets.
import type { RequestSample } from '../../observe/index.js';
import type { Arm } from './arms.js';
import type { Criterion, JudgeConfig, JudgedMetric } from './judgement.js';
import type { SketchState } from './log-sketch.js';
import {
  computeOf,
  conservationOf,
  isFailure,
  latencyOf,
  type RatioMeasure,
  refusedOf,
  residualOf,
} from './measure.js';
import { type MetricTest, materialPart } from './metric-test.js';
import { differenceOf, errorsOf, pairTest } from './pair-test.js';
import { quantileTest } from './quantile-test.js';
import { rateTest } from './rate-test.js';
import { ratioTest } from './ratio-test.js';

/** What a test needs to know of the whole judge. */
export interface Surroundings {
  /** True once the stable version has given a finite residual or flux imbalance. */
  hasFigures(): boolean;
  /** Of latencies. */
  readonly sketches: Readonly<Record<Arm, SketchState>>;
}

/**
 * Parts of the capital. A part w costs a metric ln(1/w) of evidence, so that the sum of delays, each weighted by how much it
 * matters, is least where parts are as these weights (Gibbs' inequality). Latency and failures are what clients feel first.
 */
export const weights: Readonly<Record<JudgedMetric, number>> = {
  'latency-mean': 7,
  'latency-p50': 2,
  'latency-p95': 1,
  'latency-p99': 1,
  'error-rate': 4,
  'guard-rate': 1,
  residual: 2,
  conservation: 2,
  difference: 1,
  accuracy: 2,
  'resource-use': 1,
};

export interface TestOf {
  readonly criterion: Criterion;
  readonly config: JudgeConfig;
  readonly surroundings: Surroundings;
  /** What it remembers; undefined at the start. */
  readonly state: unknown;
}

/** Copies are few, and spot checks of them fewer: so many times minSamples are waited for before they count as not measured. */
const patienceForPairs = 10;
const patienceForTruth = 100;

export function testOf({ criterion, config, surroundings, state }: TestOf): MetricTest {
  const { metric, margin, leastMs = 0 } = criterion;
  const levels = { falseAlarm: config.falseAlarm, falsePass: config.falsePass };
  const { sketches } = surroundings;
  const ratio = (measure: RatioMeasure) => ratioTest({ measure, margin, levels, state });
  const timeRatio = (measure: RatioMeasure) => ratioTest({ measure, margin, leastMs, levels, state });
  const rate = (isBad: (sample: RequestSample) => boolean | undefined) => rateTest({ isBad, margin, levels, state });
  const quantile = (probability: number) => quantileTest({ probability, margin, leastMs, levels, sketches, state });
  switch (metric) {
    case 'latency-mean':
      return timeRatio(latencyOf);
    case 'latency-p50':
      return quantile(0.5);
    case 'latency-p95':
      return quantile(0.95);
    case 'latency-p99':
      return quantile(0.99);
    case 'resource-use':
      return timeRatio(computeOf);
    case 'residual':
      return ratio(residualOf);
    case 'conservation':
      return ratio(conservationOf);
    case 'guard-rate':
      return rate(refusedOf);
    case 'error-rate':
      return rate(sample => isFailure(sample, surroundings.hasFigures()));
    case 'difference': {
      // Every retrained version answers a little differently: harm begins at the margin.
      const limits = { margin, harmless: margin, matters: margin };
      return pairTest({
        figureOf: differenceOf,
        ...limits,
        showsStable: false,
        patience: patienceForPairs,
        levels,
        state,
      });
    }
    case 'accuracy': {
      const limits = { margin, harmless: 0, matters: materialPart * margin };
      return pairTest({ figureOf: errorsOf, ...limits, showsStable: true, patience: patienceForTruth, levels, state });
    }
  }
}
