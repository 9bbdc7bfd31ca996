// The metrics of the models, as a table: Triton's names with Triton's meaning, then what only physics can say.
import type { Exposition, MetricHead } from '../../observe/index.js';
import { flushReasons } from './executions.js';
import { failureReasons } from './failures.js';
import type { ModelSeries } from './model-series.js';
import { type StageName, stageNames } from './stages.js';
import { verdictNames } from './verdicts.js';

/** A model version as the page sees it; `RunningModel` is one. */
export interface Measured {
  readonly statistics: { readonly series: ModelSeries };
  /** Requests that wait. */
  readonly pending: number;
  isReady(): boolean;
}

/** One metric, with what writes a model's samples of it. */
export interface ModelMetric extends MetricHead {
  write(page: Exposition, series: ModelSeries, model: Measured): void;
}

type Read = (series: ModelSeries, model: Measured) => number;

const single = (type: 'counter' | 'gauge', [name, help]: readonly [string, string], read: Read): ModelMetric => ({
  name,
  type,
  help,
  write: (page, series, model) => page.sample(series.labels, read(series, model)),
});

const microseconds = (ns: number): number => Math.floor(ns / 1000);

const stageHelp: Record<StageName, string> = {
  request: 'handling requests that succeeded, those from the cache among them',
  queue: 'waiting in the queue',
  compute_input: 'preparing inputs',
  compute_infer: 'computing',
  compute_output: 'giving outputs back',
};

const requests: readonly ModelMetric[] = [
  single(
    'counter',
    ['nv_inference_request_success', 'Requests that succeeded, those from the cache among them.'],
    ({ stages }) => stages.request.total.count,
  ),
  {
    name: 'nv_inference_request_failure',
    type: 'counter',
    help: 'Requests that failed, by reason.',
    write(page, { labels, failures }) {
      for (const reason of failureReasons) page.sample(`${labels},reason="${reason}"`, failures.of(reason));
    },
  },
  single('counter', ['nv_inference_count', 'Items computed, without those from the cache.'], ({ items }) => items),
  single(
    'counter',
    ['nv_inference_exec_count', 'Executions, each of one batch.'],
    ({ executions }) => executions.count,
  ),
  ...stageNames.map(stage =>
    single('counter', [`nv_inference_${stage}_duration_us`, `Microseconds spent ${stageHelp[stage]}.`], ({ stages }) =>
      microseconds(stages[stage].total.ns),
    ),
  ),
  ...stageNames.map(
    (stage): ModelMetric => ({
      name: `nv_inference_${stage}_duration_histogram_us`,
      type: 'histogram',
      help: `Microseconds that each request spent ${stageHelp[stage]}.`,
      write: (page, { labels, stages }) => page.histogram(labels, stages[stage].histogramUs),
    }),
  ),
  single('gauge', ['nv_inference_pending_request_count', 'Requests that wait for an instance.'], (_, model) =>
    Math.max(0, model.pending),
  ),
  single('gauge', ['nv_model_load_duration_secs', 'Time that loading took.'], ({ loadMs }) => loadMs / 1000),
];

const onlyCached = (metric: ModelMetric): ModelMetric => ({
  ...metric,
  write(page, series, model) {
    if (series.isCached) metric.write(page, series, model);
  },
});

const cache: readonly ModelMetric[] = [
  single('counter', ['nv_cache_num_hits_per_model', 'Requests that the cache answered.'], ({ hits }) => hits.count),
  single(
    'counter',
    ['nv_cache_num_misses_per_model', 'Requests that the cache could not answer.'],
    ({ misses }) => misses.count,
  ),
  single('counter', ['nv_cache_hit_duration_per_model', 'Microseconds of look-ups that found an answer.'], ({ hits }) =>
    microseconds(hits.ns),
  ),
  single(
    'counter',
    ['nv_cache_miss_duration_per_model', 'Microseconds of look-ups that found none, and of storing the answer.'],
    ({ misses }) => microseconds(misses.ns),
  ),
].map(onlyCached);

const batches: readonly ModelMetric[] = [
  single('gauge', ['galerkin_model_ready', '1 while an instance lives, else 0.'], (_, model) =>
    model.isReady() ? 1 : 0,
  ),
  {
    name: 'galerkin_batch_flush_total',
    type: 'counter',
    help: 'Executions by why the batch was sent when it was.',
    write(page, { labels, executions }) {
      for (const reason of flushReasons) page.sample(`${labels},reason="${reason}"`, executions.flushed(reason));
    },
  },
  {
    name: 'galerkin_batch_items',
    type: 'histogram',
    help: 'Items of each execution.',
    write: (page, { labels, executions }) => page.histogram(labels, executions.sizes),
  },
];

const onlyGuarded = (metric: ModelMetric): ModelMetric => ({
  ...metric,
  write(page, series, model) {
    if (series.guard !== undefined) metric.write(page, series, model);
  },
});

const guard: readonly ModelMetric[] = [
  {
    name: 'galerkin_guard_verdicts_total',
    type: 'counter' as const,
    help: 'Answers by what the guard said of them.',
    write(page: Exposition, { labels, verdicts }: ModelSeries) {
      for (const verdict of verdictNames) page.sample(`${labels},verdict="${verdict}"`, verdicts.of(verdict));
    },
  },
  {
    name: 'galerkin_guard_residual',
    type: 'histogram' as const,
    help: 'Relative residual of each answer, of its worst item.',
    write: (page: Exposition, { labels, verdicts }: ModelSeries) => page.histogram(labels, verdicts.residual),
  },
  {
    name: 'galerkin_guard_flux_imbalance',
    type: 'histogram' as const,
    help: 'Relative flux imbalance of each answer, of its worst item.',
    write: (page: Exposition, { labels, verdicts }: ModelSeries) => page.histogram(labels, verdicts.fluxImbalance),
  },
  {
    name: 'galerkin_guard_refused_residual',
    type: 'histogram' as const,
    help: "Relative residual of each surrogate's answer that a solver's replaced.",
    write: (page: Exposition, { labels, verdicts }: ModelSeries) => page.histogram(labels, verdicts.refused),
  },
  single(
    'gauge',
    ['galerkin_guard_residual_bound', 'Residual over which the guard refuses an answer.'],
    ({ guard }) => guard?.residualBound ?? Number.POSITIVE_INFINITY,
  ),
  single(
    'gauge',
    ['galerkin_guard_flux_bound', 'Flux imbalance over which the guard refuses an answer.'],
    ({ guard }) => guard?.fluxBound ?? Number.POSITIVE_INFINITY,
  ),
].map(onlyGuarded);

/** In the order of the page. */
export const modelMetrics: readonly ModelMetric[] = [...requests, ...cache, ...batches, ...guard];
