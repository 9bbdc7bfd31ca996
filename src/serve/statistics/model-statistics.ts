// What one model version did: exact counters and histograms over its life, rates and latencies over the last minute. Under 1 us a request.
import { type Clock, isGalerkinError } from '../../base/index.js';
import { Counter, Gauge } from '../../observe/index.js';
import { type GuardBounds, type GuardReport, rejectionOf } from '../engine/guard-verdict.js';
import { batchChannel, type RequestEvent, requestChannel } from './channels.js';
import { DurationTotal, toNs } from './durations.js';
import { epochOf } from './epoch.js';
import { type ExecutedBatch, Executions, recordOf } from './executions.js';
import { FailureTotals, failureReasonOf } from './failures.js';
import { type RecentLatencies, recentLatencies } from './latencies.js';
import { modelLabels } from './metric-tags.js';
import { lifetimeReport, type ModelReport } from './model-report.js';
import type { ModelSeries } from './model-series.js';
import { type RecentWork, recentWork } from './rates.js';
import { type GivenResponse, Responses } from './responses.js';
import { type RequestTimes, StageRecords } from './stages.js';
import { type TritonStatistics, tritonStatistics } from './triton.js';
import { Verdicts } from './verdicts.js';

/** What a request was given. */
export interface Given {
  readonly items: number;
  /** Undefined where no guard judged it. */
  readonly guard: GuardReport | undefined;
}

export interface ModelStatistics {
  /** A request that instances computed; `times` may be written to again afterwards. */
  succeed(times: RequestTimes, latencyMs: number, given: Given): void;
  /** A request that failed with `error`, which says the reason, the status and, where the guard refused, the figures. */
  fail(error: unknown, latencyMs: number): void;
  /** A request that the cache answered: counted as a success, not as an inference. */
  hit(lookupMs: number, latencyMs: number, given: Given): void;
  /** A look-up that found nothing, with the time that storing the answer took. `succeed` is told of the request itself. */
  miss(lookupAndInsertMs: number): void;
  /** One execution of an instance, however many requests it joined. Keeps `batch`. */
  execute(batch: ExecutedBatch): void;
  /** One response of a decoupled model. */
  respond(response: GivenResponse): void;
  /** How long loading took. */
  loaded(loadMs: number): void;
  /** For people. */
  report(): ModelReport;
  /** For `GET /v2/models/M/stats` and ModelStatistics over gRPC. */
  triton(): TritonStatistics;
  /** For the metrics page. */
  readonly series: ModelSeries;
}

export interface StatisticsOptions {
  readonly name: string;
  readonly version: string;
  readonly clock: Clock;
  /** `metric_tags` of the configuration. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The guard's bounds, where the model has one. */
  readonly guard?: GuardBounds | undefined;
  /** True where the model's answers may come from a cache. */
  readonly isCached?: boolean | undefined;
}

/** Nothing of ours ends later (the year 2286): a time beyond it is a fault of some clock. */
const latestMs = 1e13;

/** Takes about 60 KiB, most of it for the percentiles of the last minute. */
export const modelStatistics = (options: StatisticsOptions): ModelStatistics => new LiveStatistics(options);

class LiveStatistics implements ModelStatistics, ModelSeries {
  readonly name: string;
  readonly version: string;
  readonly labels: string;
  readonly guard: GuardBounds | undefined;
  readonly isCached: boolean;
  readonly stages = new StageRecords();
  readonly failures = new FailureTotals();
  readonly executions = new Executions();
  readonly responses = new Responses();
  readonly hits = new DurationTotal();
  readonly misses = new DurationTotal();
  readonly verdicts = new Verdicts();
  private readonly clock: Clock;
  private readonly epochMs: () => number;
  private readonly latencies: RecentLatencies;
  private readonly recent: RecentWork;
  private readonly itemsComputed = new Counter();
  private readonly itemsFromCache = new Counter();
  private readonly lastDoneMs = new Gauge();
  private readonly loadTookMs = new Gauge();

  constructor({ name, version, clock, tags = {}, guard, isCached = false }: StatisticsOptions) {
    this.name = name;
    this.version = version;
    this.labels = modelLabels(name, version, tags);
    this.guard = guard;
    this.isCached = isCached;
    this.clock = clock;
    this.epochMs = epochOf(clock);
    this.latencies = recentLatencies(clock);
    this.recent = recentWork(clock);
  }

  get series(): ModelSeries {
    return this;
  }

  get items(): number {
    return this.itemsComputed.value;
  }

  get loadMs(): number {
    return this.loadTookMs.value;
  }

  get lastInferenceMs(): number {
    return this.items === 0 ? 0 : Math.max(0, Math.round(this.epochMs() + this.lastDoneMs.value));
  }

  succeed(times: RequestTimes, latencyMs: number, given: Given): void {
    const doneMs = times.doneMs > 0 && times.doneMs < latestMs ? times.doneMs : this.clock.monotonic();
    this.stages.computed(times, latencyMs);
    this.itemsComputed.add(given.items);
    this.lastDoneMs.set(doneMs);
    this.answered(doneMs, latencyMs, given);
    requestChannel.publish(() => this.answerEvent(latencyMs, given, false));
  }

  fail(error: unknown, latencyMs: number): void {
    const reason = failureReasonOf(error);
    const refusal = rejectionOf(error);
    this.failures.add(reason, toNs(latencyMs));
    if (refusal !== undefined) this.verdicts.add(refusal);
    this.recent.add(latencyMs, true);
    requestChannel.publish(() => ({
      model: this.name,
      version: this.version,
      status: isGalerkinError(error) ? error.http : 500,
      items: 0,
      latencyMs,
      verdict: refusal?.verdict,
      reason,
      cached: false,
    }));
  }

  hit(lookupMs: number, latencyMs: number, given: Given): void {
    this.stages.cached(latencyMs);
    this.hits.add(toNs(lookupMs));
    this.itemsFromCache.add(given.items);
    this.answered(this.clock.monotonic(), latencyMs, given);
    requestChannel.publish(() => this.answerEvent(latencyMs, given, true));
  }

  miss(lookupAndInsertMs: number): void {
    this.misses.add(toNs(lookupAndInsertMs));
  }

  execute(batch: ExecutedBatch): void {
    this.executions.add(batch);
    batchChannel.publish(() => ({
      model: this.name,
      version: this.version,
      ...recordOf(batch, this.epochMs()),
    }));
  }

  respond(response: GivenResponse): void {
    this.responses.add(response);
  }

  loaded(loadMs: number): void {
    this.loadTookMs.set(loadMs);
  }

  report(): ModelReport {
    const [p50 = 0, p95 = 0, p99 = 0] = this.latencies.percentiles([0.5, 0.95, 0.99]);
    return {
      ...lifetimeReport(this, this.epochMs()),
      items: this.items + this.itemsFromCache.value,
      perSecond: this.recent.perSecond(),
      latencyMs: { p50, p95, p99 },
      recent: this.recent.list(),
    };
  }

  triton(): TritonStatistics {
    return tritonStatistics(this);
  }

  private answered(atMs: number, latencyMs: number, { guard }: Given): void {
    if (guard !== undefined) this.verdicts.add(guard);
    this.latencies.add(latencyMs, atMs);
    this.recent.add(latencyMs, false, atMs);
  }

  private answerEvent(latencyMs: number, { items, guard }: Given, cached: boolean): RequestEvent {
    const { name: model, version } = this;
    return { model, version, status: 200, items, latencyMs, verdict: guard?.verdict, reason: undefined, cached };
  }
}
