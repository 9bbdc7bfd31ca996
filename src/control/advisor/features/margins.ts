// How much worse a candidate may be, in the figures that the adviser looks at; a release's own criteria take the place of these.
import type { JudgedMetric } from '../../judge/judgement.js';

/** The metrics that the adviser was trained to hold against a margin. */
export const advisedMetrics = [
  'latency-mean',
  'latency-p99',
  'error-rate',
  'guard-rate',
  'residual',
  'conservation',
  'accuracy',
  'resource-use',
] as const satisfies readonly JudgedMetric[];
export type AdvisedMetric = (typeof advisedMetrics)[number];

/** In the judge's units: relative for latencies, residual, conservation and cost; absolute for rates and accuracy. */
export type Margins = Readonly<Record<AdvisedMetric, number>>;

export const usualMargins: Margins = Object.freeze({
  'latency-mean': 0.1,
  'latency-p99': 0.5,
  'error-rate': 0.01,
  'guard-rate': 0.05,
  residual: 0.1,
  conservation: 0.25,
  accuracy: 0.01,
  'resource-use': 0.2,
});

const absolute: ReadonlySet<AdvisedMetric> = new Set(['error-rate', 'guard-rate', 'accuracy']);
/** Evidence is counted in margins, so that none may be nothing. */
const smallest = { absolute: 0.0005, relative: 0.005 };

/** A margin on the scale on which arms are compared: itself where it is absolute, the logarithm of the ratio where it is relative. */
export function marginScale(margins: Margins, metric: AdvisedMetric): number {
  return absolute.has(metric)
    ? Math.max(margins[metric], smallest.absolute)
    : Math.log1p(Math.max(margins[metric], smallest.relative));
}
