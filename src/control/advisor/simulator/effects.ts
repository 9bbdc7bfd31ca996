// How much worse a simulated candidate truly is, in the judge's units, and whether that is beyond its margins.
import { seededRandom } from '../../../base/index.js';
import type { AdvisedMetric } from '../features/margins.js';
import type { ReleaseTruth } from './truth.js';

/** The lasting change of the latency, in logarithms: its own, and what more computing adds. */
export const latencyChange = ({ world, change }: ReleaseTruth): number =>
  change.latency + Math.log1p(world.computeShare * Math.expm1(change.compute));

/** The residual's own change, and how it follows the error. */
export function residualChange({ world, change }: ReleaseTruth): number {
  const error = Math.max(0.2, 1 + change.error / world.stableError);
  return change.residual + world.residualFollows * Math.log(error);
}

const draws = 1000;

/** Ratio of the 99th percentiles with and without stalls, drawn with the same noise. */
function stalledTail({ world, change }: ReleaseTruth): number {
  const random = seededRandom(1);
  const spread = Math.hypot(world.noise, world.waves);
  const steady = new Float64Array(draws);
  const stalled = new Float64Array(draws);
  for (let k = 0; k < draws; k++) {
    const tail = random.uniform() < world.tailShare ? 2 * (1 - random.uniform()) ** (-1 / world.tailExponent) : 1;
    steady[k] = Math.exp(spread * random.normal()) * tail;
    stalled[k] = steady[k] * (random.uniform() < change.stalls ? change.stallFactor : 1);
  }
  const at = Math.floor(0.99 * draws);
  return stalled.sort()[at] / steady.sort()[at];
}

export type TrueEffects = Readonly<Record<AdvisedMetric, number>>;

/** What the candidate does in the end, against what the stable version does, in the units of margins. */
export function trueEffects(truth: ReleaseTruth): TrueEffects {
  const { world, change } = truth;
  const steady = Math.exp(latencyChange(truth));
  const tail = change.stalls > 0 ? stalledTail(truth) : 1;
  return {
    'latency-mean': steady * (1 + change.stalls * (change.stallFactor - 1)) - 1,
    'latency-p99': steady * tail - 1,
    'error-rate': change.failures,
    'guard-rate': change.rejections,
    residual: Math.expm1(residualChange(truth)),
    conservation: Math.expm1(change.flux),
    accuracy: Math.max(-world.stableError, change.error) * Math.exp(world.errorNoise ** 2 / 2),
    'resource-use': Math.expm1(change.compute),
  };
}
