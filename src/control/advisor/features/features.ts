// The features of a release by name: what each says, to which group it belongs, and how it follows from what was heard.
import type { Heard } from './heard.js';
import { type AdvisedMetric, type Margins, marginScale } from './margins.js';
import { type Difference, differenceOfShares, pairedMean, ratioOfMeans } from './moments.js';
import { tailEffect, tailEvidence } from './tail.js';

export const featureGroups = ['latency', 'accuracy', 'error_rate', 'resource_usage'] as const;
export type FeatureGroup = (typeof featureGroups)[number];

export interface Feature {
  readonly name: string;
  readonly group: FeatureGroup;
  readonly doc: string;
  /** NaN where it is not known. */
  readonly of: (heard: Heard, margins: Margins) => number;
}

/** More standard errors, or more margins, than this say nothing more. */
const largest = 30;
/** What is measured to a thousandth is measured well enough; identical versions have no spread at all. */
const surest = 1e-3;
const bounded = (value: number): number => Math.min(largest, Math.max(-largest, value));
const error = ({ standardError }: Difference): number => Math.max(standardError, surest);

interface Compared {
  readonly name: string;
  readonly group: FeatureGroup;
  readonly metric: AdvisedMetric;
  readonly what: string;
  readonly difference: (heard: Heard) => Difference;
}

/** Three views of one comparison: how large in margins, how sure that there is any, how sure that it is beyond the margin. */
function views({ name, group, metric, what, difference }: Compared): Feature[] {
  return [
    {
      name: `${name}.effect`,
      group,
      doc: `${what}, candidate against stable, in margins`,
      of: (heard, margins) => bounded(difference(heard).effect / marginScale(margins, metric)),
    },
    {
      name: `${name}.z`,
      group,
      doc: `the same in standard errors above no difference`,
      of: heard => {
        const found = difference(heard);
        return bounded(found.effect / error(found));
      },
    },
    {
      name: `${name}.margin_z`,
      group,
      doc: `the same in standard errors above the margin`,
      of: (heard, margins) => {
        const found = difference(heard);
        return bounded((found.effect - marginScale(margins, metric)) / error(found));
      },
    },
  ];
}

type Figure = 'latency' | 'compute' | 'residual' | 'flux' | 'failures';

/** Of a figure that is compared block by block: its recent window, and where it goes. */
function windows(name: string, group: FeatureGroup, metric: AdvisedMetric, figure: Figure): Feature[] {
  return [
    {
      name: `${name}.recent_margin_z`,
      group,
      doc: `the last twenty seconds or so, in standard errors above the margin`,
      of: (heard, margins) => {
        const found = heard[figure].recent();
        return bounded((found.effect - marginScale(margins, metric)) / error(found));
      },
    },
    {
      name: `${name}.trend_z`,
      group,
      doc: `slope of the difference over time, in standard errors`,
      of: heard => bounded(heard[figure].trend()),
    },
  ];
}

const matched = (name: string, group: FeatureGroup, metric: AdvisedMetric, figure: Figure, what: string): Feature[] => [
  ...views({ name: `${name}.matched`, group, metric, what, difference: heard => heard[figure].all() }),
  ...windows(name, group, metric, figure),
];

const count = (name: string, group: FeatureGroup, what: string, of: (heard: Heard) => number): Feature => ({
  name,
  group,
  doc: `binary logarithm of 1 + the number of ${what}`,
  of: heard => Math.log2(1 + of(heard)),
});

const fewer = (pair: readonly [{ readonly count: number }, { readonly count: number }]): number =>
  Math.min(pair[0].count, pair[1].count);

const latency: Feature[] = [
  ...matched('latency', 'latency', 'latency-mean', 'latency', 'log latency within blocks of time'),
  ...views({
    name: 'latency.mean',
    group: 'latency',
    metric: 'latency-mean',
    what: 'log ratio of mean latencies',
    difference: ({ latencies }) => ratioOfMeans(latencies[0], latencies[1]),
  }),
  ...views({
    name: 'latency.paired',
    group: 'latency',
    metric: 'latency-mean',
    what: 'log latency on the same requests',
    difference: heard => pairedMean(heard.pairedLatency),
  }),
  ...([95, 99] as const).flatMap((percent): Feature[] => [
    {
      name: `latency.p${percent}.effect`,
      group: 'latency',
      doc: `log ratio of the ${percent}th percentiles, in margins of p99`,
      of: (heard, margins) =>
        bounded(tailEffect(heard.latencyShapes, percent / 100) / marginScale(margins, 'latency-p99')),
    },
    {
      name: `latency.p${percent}.z`,
      group: 'latency',
      doc: `candidate's share above the stable version's ${percent}th percentile, in standard errors above ${100 - percent} %`,
      of: heard => bounded(tailEvidence(heard.latencyShapes, percent / 100)),
    },
  ]),
  count('latency.samples', 'latency', 'latencies, of the arm with fewer', heard => fewer(heard.latencies)),
];

const errorRate: Feature[] = [
  ...views({
    name: 'errors.rate',
    group: 'error_rate',
    metric: 'error-rate',
    what: 'share of failed requests',
    difference: ({ requests }) => differenceOfShares(requests[0], requests[1]),
  }),
  ...windows('errors', 'error_rate', 'error-rate', 'failures'),
  count('errors.samples', 'error_rate', 'requests, of the arm with fewer', heard => fewer(heard.requests)),
];

const onSame = (
  name: string,
  metric: AdvisedMetric,
  figure: 'pairedResidual' | 'pairedFlux' | 'accuracy',
  what: string,
): Feature[] => views({ name, group: 'accuracy', metric, what, difference: heard => pairedMean(heard[figure]) });

const accuracy: Feature[] = [
  ...matched('residual', 'accuracy', 'residual', 'residual', 'log residual within blocks of time'),
  ...onSame('residual.paired', 'residual', 'pairedResidual', 'log residual on the same requests'),
  ...matched('flux', 'accuracy', 'conservation', 'flux', 'log flux imbalance within blocks of time'),
  ...onSame('flux.paired', 'conservation', 'pairedFlux', 'log flux imbalance on the same requests'),
  ...views({
    name: 'guard.rate',
    group: 'accuracy',
    metric: 'guard-rate',
    what: 'share of answers that the guard rejected',
    difference: ({ rejections }) => differenceOfShares(rejections[0], rejections[1]),
  }),
  ...onSame('truth.error', 'accuracy', 'accuracy', 'relative L2 error against the truth on the same requests'),
  {
    name: 'difference.level',
    group: 'accuracy',
    doc: 'decimal logarithm of the mean relative L2 difference between the answers of both versions',
    of: ({ difference }) => (difference.count === 0 ? Number.NaN : Math.log10(Math.max(difference.mean, 1e-9))),
  },
  count('difference.samples', 'accuracy', 'answers compared', heard => heard.difference.count),
  count('truth.samples', 'accuracy', 'answers held against the truth', heard => heard.accuracy.count),
];

const resourceUsage = matched(
  'compute',
  'resource_usage',
  'resource-use',
  'compute',
  'log computing time of a request within blocks of time',
);

const measured: readonly Feature[] = [...latency, ...errorRate, ...accuracy, ...resourceUsage];

/** The largest of many views: whatever figure is worst. Without it each figure's harm would have to be learnt by itself. */
interface Worst {
  readonly name: string;
  readonly doc: string;
  /** Columns of the views. */
  readonly over: readonly number[];
}

const columnsEnding = (suffix: string): number[] =>
  measured.flatMap(({ name }, column) => (name.endsWith(suffix) ? [column] : []));

const worst: readonly Worst[] = [
  { name: 'worst.z', doc: 'the largest of all that end in .z', over: columnsEnding('.z') },
  { name: 'worst.margin_z', doc: 'the largest of all that end in .margin_z', over: columnsEnding('.margin_z') },
];

/** The column whose value is largest; -1 where none is known. */
function largestColumn(row: Float32Array, { over }: Worst): number {
  let [found, largestYet] = [-1, Number.NEGATIVE_INFINITY];
  for (const column of over) if (row[column] > largestYet) [found, largestYet] = [column, row[column]];
  return found;
}

/** All features in the order in which the model takes them; the worst of the others come last. */
export const features: readonly {
  readonly name: string;
  readonly group: FeatureGroup | 'all';
  readonly doc: string;
}[] = Object.freeze([...measured, ...worst.map(({ name, doc }) => ({ name, group: 'all' as const, doc }))]);

/** The model's input: one row, NaN where a figure is not known or its group is left out. */
export function featureRow(heard: Heard, margins: Margins, groups: ReadonlySet<FeatureGroup>): Float32Array {
  const row = new Float32Array(features.length).fill(Number.NaN);
  for (const [column, { group, of }] of measured.entries()) if (groups.has(group)) row[column] = of(heard, margins);
  for (const [k, each] of worst.entries()) {
    const column = largestColumn(row, each);
    if (column >= 0) row[measured.length + k] = row[column];
  }
  return row;
}

/** Contributions in which what 'worst' moved is counted to the figure that is the worst. The sum stays. */
export function withoutWorst(row: Float32Array, contributions: Float64Array): Float64Array {
  const own = contributions.slice();
  for (const [k, each] of worst.entries()) {
    const column = largestColumn(row, each);
    if (column < 0) continue;
    own[column] += own[measured.length + k];
    own[measured.length + k] = 0;
  }
  return own;
}
