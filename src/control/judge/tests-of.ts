// Which test judges which metric, and how much of the false-alarm budget it gets.
import type { RequestSample } from '../../observe/index.js';
import type { Criterion, JudgeConfig, JudgedMetric } from './judgement.js';
import { computeOf, conservationOf, isFailure, latencyOf, refusedOf, residualOf } from './measure.js';
import type { MetricTest } from './metric-test.js';
import { rateTest } from './rate-test.js';
import { ratioTest } from './ratio-test.js';

/** What a test needs to know of the whole judge. */
export interface Surroundings {
  /** True once the stable version has given a finite residual or flux imbalance. */
  hasFigures(): boolean;
}

/** Parts of the capital: the metrics that nearly every bad release shows in get more. */
export const weights: Readonly<Record<JudgedMetric, number>> = {
  'latency-mean': 3,
  'latency-p50': 1,
  'latency-p95': 1,
  'latency-p99': 1,
  'error-rate': 3,
  'guard-rate': 2,
  residual: 2,
  conservation: 2,
  difference: 2,
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

export function testOf({ criterion, config, surroundings, state }: TestOf): MetricTest {
  const { metric, margin } = criterion;
  const levels = { falseAlarm: config.falseAlarm, falsePass: config.falsePass };
  const ratio = (measure: typeof latencyOf) => ratioTest({ measure, margin, levels, state });
  const rate = (isBad: (sample: RequestSample) => boolean | undefined) => rateTest({ isBad, margin, levels, state });
  switch (metric) {
    case 'latency-mean':
      return ratio(latencyOf);
    case 'resource-use':
      return ratio(computeOf);
    case 'residual':
      return ratio(residualOf);
    case 'conservation':
      return ratio(conservationOf);
    case 'guard-rate':
      return rate(refusedOf);
    default:
      return rate(sample => isFailure(sample, surroundings.hasFigures()));
  }
}
