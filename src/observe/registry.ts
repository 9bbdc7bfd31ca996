// Metrics by name: whoever counts asks for one once and keeps it; the page asks the registry for all.
import { GalerkinError } from '../base/index.js';
import { Counter, Gauge } from './counter.js';
import type { Collector, Exposition, MetricHead } from './exposition.js';
import { Family } from './family.js';
import { Histogram } from './histogram.js';
import { isLabelName, isMetricName, labelSet } from './labels.js';
import type { LogBuckets } from './log-buckets.js';

/** How a metric is called and what it says. */
export interface MetricOptions {
  /** With its unit, and `_total` on counters: `galerkin_orders_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** Names of labels; none by default. */
  readonly labels?: readonly string[];
  /** @default 100 */
  readonly maxSeries?: number;
}

export interface HistogramOptions extends MetricOptions {
  readonly buckets: LogBuckets;
}

export interface MetricsRegistry extends Collector {
  /** @throws OPTIONS_INVALID for a name that Prometheus does not take, or that is taken. So do the others. */
  counters(options: MetricOptions): Family<Counter>;
  gauges(options: MetricOptions): Family<Gauge>;
  histograms(options: HistogramOptions): Family<Histogram>;
}

interface Overflowing extends Collector {
  readonly name: string;
  readonly overflows: number;
}

const overflowHead: MetricHead = {
  name: 'galerkin_metrics_overflow_total',
  type: 'counter',
  help: 'How often a series was asked for that found no place, for its metric had all the series it may have.',
};

/** Labels that histograms and summaries need for themselves. */
const reserved: ReadonlySet<string> = new Set(['le', 'quantile']);

function faultsOf({ name, labels = [], maxSeries = 1 }: MetricOptions, taken: ReadonlyMap<string, unknown>): string[] {
  const faults: string[] = [];
  if (!isMetricName(name)) faults.push(`name: wanted letters, digits, '_' and ':', not a digit first, got '${name}'`);
  if (taken.has(name) || name === overflowHead.name) faults.push(`name: wanted one not used yet, got '${name}'`);
  const bad = labels.filter(label => !isLabelName(label) || reserved.has(label));
  for (const label of bad) {
    faults.push(`labels: wanted letters, digits and '_', not '__' first, not 'le' or 'quantile', got '${label}'`);
  }
  if (new Set(labels).size < labels.length) faults.push(`labels: wanted different ones, got ${labels.join(', ')}`);
  if (!Number.isInteger(maxSeries) || maxSeries < 1)
    faults.push(`maxSeries: wanted a whole number from 1, got ${maxSeries}`);
  return faults;
}

const writeValue = (page: Exposition, labels: string, { value }: { readonly value: number }): void =>
  page.sample(labels, value);

export function metricsRegistry(): MetricsRegistry {
  const families = new Map<string, Overflowing>();
  const add = <Series>(
    options: MetricOptions,
    type: MetricHead['type'],
    kind: Pick<ConstructorParameters<typeof Family<Series>>[0], 'create' | 'write'>,
  ): Family<Series> => {
    const faults = faultsOf(options, families);
    if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'metric', faults });
    const { name, help, labels = [], maxSeries = 100 } = options;
    const family = new Family<Series>({ name, help, type, labels, maxSeries, ...kind });
    families.set(name, family);
    return family;
  };
  return {
    counters: options => add<Counter>(options, 'counter', { create: () => new Counter(), write: writeValue }),
    gauges: options => add<Gauge>(options, 'gauge', { create: () => new Gauge(), write: writeValue }),
    histograms: options =>
      add<Histogram>(options, 'histogram', {
        create: () => new Histogram(options.buckets),
        write: (page, labels, histogram) => page.histogram(labels, histogram),
      }),
    collect(page) {
      for (const family of families.values()) family.collect(page);
      page.head(overflowHead);
      for (const { name, overflows } of families.values()) {
        if (overflows > 0) page.sample(labelSet({ metric: name }), overflows);
      }
    },
  };
}
