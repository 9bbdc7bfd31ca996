// The statistics of one model version as Triton's statistics extension writes them: all members there, all unsigned integers.
import type { CountedNs } from './durations.js';
import type { BatchStatistics } from './executions.js';
import type { ModelSeries } from './model-series.js';
import type { ResponseStatistics } from './responses.js';

export interface InferenceStatistics {
  readonly success: CountedNs;
  readonly fail: CountedNs;
  readonly queue: CountedNs;
  readonly compute_input: CountedNs;
  readonly compute_infer: CountedNs;
  readonly compute_output: CountedNs;
  readonly cache_hit: CountedNs;
  readonly cache_miss: CountedNs;
}

/** One entry of `model_stats`. */
export interface TritonStatistics {
  readonly name: string;
  readonly version: string;
  /** Unix time in milliseconds of the last request that instances answered; 0 before the first. */
  readonly last_inference: number;
  /** Items computed; what the cache answers is not among them. */
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: InferenceStatistics;
  readonly response_stats: Readonly<Record<string, ResponseStatistics>>;
  readonly batch_stats: readonly BatchStatistics[];
  readonly memory_usage: readonly [];
}

export const tritonStatistics = (series: ModelSeries): TritonStatistics => ({
  name: series.name,
  version: series.version,
  last_inference: series.lastInferenceMs,
  inference_count: series.items,
  execution_count: series.executions.count,
  inference_stats: {
    success: series.stages.request.total.report(),
    fail: series.failures.all.report(),
    queue: series.stages.queue.total.report(),
    compute_input: series.stages.compute_input.total.report(),
    compute_infer: series.stages.compute_infer.total.report(),
    compute_output: series.stages.compute_output.total.report(),
    cache_hit: series.hits.report(),
    cache_miss: series.misses.report(),
  },
  response_stats: series.responses.report(),
  batch_stats: series.executions.batchStats(),
  memory_usage: [],
});
