// The page for `GET /metrics`: every model, the machine, the process and what else collects, in the format that the scraper asks for.
import { type Collector, Exposition, negotiateFormat } from '../../observe/index.js';
import { type Measured, modelMetrics } from './model-metrics.js';

export interface MetricsOptions {
  /** The request's header `Accept`. */
  readonly accept?: string | undefined;
  /** Written after the models, in this order: `processMetrics()`, `hostMetrics(clock)`, a registry of one's own. */
  readonly collectors?: readonly Collector[];
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** Prometheus drops a sample that comes twice; of versions with the same labels the first is shown. */
function distinct(models: readonly Measured[]): readonly Measured[] {
  const seen = new Set<string>();
  return models.filter(({ statistics: { series } }) => {
    if (seen.has(series.labels)) return false;
    seen.add(series.labels);
    return true;
  });
}

/**
 * Writes the metrics of these models and of the collectors. What is not among `models` is not on the page: an unloaded
 * model disappears. Costs about 0.1 ms a model.
 */
export function writeMetrics(models: readonly Measured[], options: MetricsOptions = {}): MetricsPage {
  const page = new Exposition(negotiateFormat(options.accept));
  const shown = distinct(models);
  for (const metric of modelMetrics) {
    page.head(metric);
    for (const model of shown) metric.write(page, model.statistics.series, model);
  }
  for (const collector of options.collectors ?? []) collector.collect(page);
  return { contentType: page.contentType, body: page.finish() };
}
