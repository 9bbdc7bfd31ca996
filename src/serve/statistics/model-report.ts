// What people read of a model: lifetime counters, the last minute's rates and latencies, where the time went, and the last batches.
import type { Verdict } from '../engine/guard-verdict.js';
import type { BatchRecord, FlushReason } from './executions.js';
import type { FailureReason } from './failures.js';
import type { ModelSeries } from './model-series.js';
import type { SecondOfWork } from './rates.js';
import { type StageName, stageNames } from './stages.js';

/** Over the model's whole life; quantiles are read from buckets 33 to 50 percent wide. */
export interface StageReport {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ModelReport {
  readonly name: string;
  readonly version: string;
  readonly requests: number;
  readonly failures: number;
  /** Items of the requests answered. */
  readonly items: number;
  readonly perSecond: number;
  /** Of the requests that succeeded in the last minute; 0 when there were none. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly guard: Readonly<Record<Verdict, number>>;
  readonly recent: readonly SecondOfWork[];
  readonly failuresBy: Readonly<Record<FailureReason, number>>;
  readonly stages: Readonly<Record<StageName, StageReport>>;
  readonly cache: { readonly hits: number; readonly misses: number };
  readonly executions: number;
  readonly flushes: Readonly<Record<FlushReason, number>>;
  /** The last 64 executions, oldest first: how large, why sent just then, how long the oldest request waited. */
  readonly batches: readonly BatchRecord[];
}

/** The parts of the report that come from what is counted. */
export function lifetimeReport(series: ModelSeries, epochMs: number) {
  const { stages, failures, executions, verdicts } = series;
  const stageOf = (name: StageName): StageReport => {
    const { total, histogramUs } = stages[name];
    return {
      meanMs: total.count === 0 ? 0 : total.ns / total.count / 1e6,
      p50Ms: histogramUs.quantile(0.5) / 1000,
      p99Ms: histogramUs.quantile(0.99) / 1000,
    };
  };
  const [request, queue, compute_input, compute_infer, compute_output] = stageNames;
  return {
    name: series.name,
    version: series.version,
    requests: stages.request.total.count + failures.all.count,
    failures: failures.all.count,
    guard: verdicts.report(),
    failuresBy: failures.report(),
    stages: {
      request: stageOf(request),
      queue: stageOf(queue),
      compute_input: stageOf(compute_input),
      compute_infer: stageOf(compute_infer),
      compute_output: stageOf(compute_output),
    },
    cache: { hits: series.hits.count, misses: series.misses.count },
    executions: executions.count,
    flushes: executions.reportFlushes(),
    batches: executions.list(epochMs),
  };
}
