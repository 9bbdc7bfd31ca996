// Differences of times that are too small to matter, whatever part of a time they are: margins grow to them, as the judge's do.
import { usualLeastMs } from '../../judge/judgement.js';
import { marginInUse } from '../../judge/metric-test.js';
import type { Heard } from './heard.js';
import type { AdvisedMetric, Margins } from './margins.js';

/** The metrics that are times. */
export const timedMetrics = ['latency-mean', 'latency-p99', 'resource-use'] as const satisfies readonly AdvisedMetric[];
type TimedMetric = (typeof timedMetrics)[number];

/** In ms; 0 where every difference matters. */
export type Leasts = Readonly<Record<TimedMetric, number>>;

export const usualLeasts: Leasts = Object.freeze({
  'latency-mean': usualLeastMs,
  'latency-p99': usualLeastMs,
  'resource-use': usualLeastMs,
});

/** Each margin of a time, or the least difference that matters as a part of what the stable version takes, whichever is more. */
export function marginsInUse(margins: Margins, leasts: Leasts, { latencyShapes, computes }: Heard): Margins {
  const [shape] = latencyShapes;
  const stableMs: Leasts = {
    'latency-mean': Math.exp(shape.logQuantile(0.5)),
    'latency-p99': Math.exp(shape.logQuantile(0.99)),
    'resource-use': computes.count === 0 ? Number.NaN : Math.exp(computes.mean),
  };
  const grown = timedMetrics.map(metric => [metric, marginInUse(margins[metric], leasts[metric], stableMs[metric])]);
  return { ...margins, ...Object.fromEntries(grown) };
}
