// Where the time of answered requests went: five durations, each as an exact total and as a histogram.
import { Histogram, logBuckets } from '../../observe/index.js';
import { DurationTotal, toNs } from './durations.js';

/** When a request passed which stage, by the engine's monotonic clock in milliseconds; 0 where it has not been. */
export interface RequestTimes {
  readonly queuedMs: number;
  readonly startedMs: number;
  readonly inputDoneMs: number;
  readonly inferredMs: number;
  readonly doneMs: number;
}

export const stageNames = ['request', 'queue', 'compute_input', 'compute_infer', 'compute_output'] as const;
export type StageName = (typeof stageNames)[number];

/** From 8 us to 33.6 s, two buckets an octave: a quantile read from them is right to 50 percent at worst, 20 as a rule. */
const microseconds = logBuckets({ low: 3, high: 25, parts: 2 });

/** One stage of all requests. */
export class StageRecord {
  readonly total = new DurationTotal();
  readonly histogramUs = new Histogram(microseconds);

  add(ns: number): void {
    this.total.add(ns);
    this.histogramUs.record(ns / 1000);
  }
}

/** A stage that was not passed, or whose end lies before its beginning, took nothing. */
const spanNs = (fromMs: number, toMs: number, queuedMs: number): number =>
  fromMs >= queuedMs ? toNs(toMs - fromMs) : 0;

export class StageRecords {
  readonly request = new StageRecord();
  readonly queue = new StageRecord();
  readonly compute_input = new StageRecord();
  readonly compute_infer = new StageRecord();
  readonly compute_output = new StageRecord();

  /** A request that instances computed. */
  computed(times: RequestTimes, latencyMs: number): void {
    const { queuedMs, startedMs, inputDoneMs, inferredMs, doneMs } = times;
    this.request.add(toNs(latencyMs));
    this.queue.add(spanNs(queuedMs, startedMs, queuedMs));
    this.compute_input.add(spanNs(startedMs, inputDoneMs, queuedMs));
    this.compute_infer.add(spanNs(inputDoneMs, inferredMs, queuedMs));
    this.compute_output.add(spanNs(inferredMs, doneMs, queuedMs));
  }

  /** A request that the cache answered: Triton counts it as a request that waited in the queue for no time. */
  cached(latencyMs: number): void {
    this.request.add(toNs(latencyMs));
    this.queue.add(0);
  }
}
