// Chooses the batch size for a latency target: what executions cost bounds it from both sides, what requests met moves it between.
import { type FitReport, LatencyFit } from './latency-fit.js';

/** Requests after which the size is thought over, and the executions there must at least have been. */
const windowRequests = 200;
const windowExecutions = 8;
/** Of the requests of a window, the share over the target that is too much, and that leaves room. */
const tooLate = 0.05;
const roomy = 0.025;
const step = 0.1;
/** Windows for which a size that was too large is not tried again. */
const rememberedWindows = 30;

export interface SizerOptions {
  /** 95 percent of the requests should be answered in so many milliseconds after they came. */
  readonly targetMs: number;
  readonly maxBatchSize: number;
  /** Executions that a request may have to wait for inside and before the instance, besides its own. */
  readonly depth: number;
  /** Longest wait for company that the configuration allows. */
  readonly maxDelayMs: number;
}

/** One execution, as the sizer sees it. */
export interface SizerObservation {
  readonly items: number;
  readonly requests: number;
  /** Requests that were answered after the target. */
  readonly late: number;
  /** The runtime's own time. */
  readonly inferMs: number;
  /** It was as large as the sizer allowed. */
  readonly isFull: boolean;
}

export interface SizerReport {
  readonly targetMs: number;
  readonly batchSize: number;
  readonly delayMs: number;
  /** The size at which even a request that waits for a whole batch before its own stays within the target. */
  readonly safeSize: number;
  /** The size at which the execution alone takes the target. */
  readonly largestSize: number;
  /** Of the last full window, the share of requests over the target; 0 before. */
  readonly lateShare: number;
  readonly fit: FitReport;
}

export interface AdaptiveBatchSizer {
  readonly targetMs: number;
  readonly batchSize: number;
  /** What waiting for company may take. */
  readonly delayMs: number;
  observe(execution: SizerObservation): void;
  report(): SizerReport;
}

export const adaptiveBatchSizer = (options: SizerOptions): AdaptiveBatchSizer => new Sizer(options);

class Sizer implements AdaptiveBatchSizer {
  batchSize = 1;
  delayMs = 0;
  private readonly fit = new LatencyFit();
  private safeSize = 1;
  private largestSize = 1;
  /** Place between the safe size (0) and the largest (1). */
  private push = 0;
  private ceiling = 1;
  private ceilingWindows = 0;
  private requests = 0;
  private late = 0;
  private executions = 0;
  private full = 0;
  private lateShare = 0;

  constructor(private readonly options: SizerOptions) {}

  get targetMs(): number {
    return this.options.targetMs;
  }

  observe({ items, requests, late, inferMs, isFull }: SizerObservation): void {
    this.fit.observe(items, inferMs);
    this.requests += requests;
    this.late += late;
    this.executions++;
    if (isFull) this.full++;
    if (this.fit.isTrusted) this.place();
    else this.explore(items, inferMs);
    if (this.requests >= windowRequests && this.executions >= windowExecutions) this.closeWindow();
  }

  /** Too little is known for a line: sizes double while time leaves plenty, and halve where it does not. */
  private explore(items: number, inferMs: number): void {
    const { targetMs, depth, maxBatchSize } = this.options;
    const wholeMs = (1 + depth) * inferMs;
    this.delayMs = 0;
    if (2 * wholeMs <= targetMs) this.batchSize = Math.min(maxBatchSize, Math.max(this.batchSize, 2 * items));
    else if (wholeMs > targetMs) this.batchSize = Math.max(1, Math.min(this.batchSize, Math.floor(items / 2)));
  }

  private place(): void {
    const { targetMs, depth, maxDelayMs } = this.options;
    this.safeSize = this.largestWithin(targetMs / (1 + depth));
    this.largestSize = this.largestWithin(targetMs);
    this.batchSize = Math.floor(this.safeSize + this.push * (this.largestSize - this.safeSize));
    const slackMs = targetMs - (1 + depth) * this.fit.upperAt(this.batchSize);
    this.delayMs = Math.max(0, Math.min(maxDelayMs, slackMs));
  }

  /** The largest batch that is done in time, at most twice the largest yet seen. */
  private largestWithin(limitMs: number): number {
    const { fit } = this;
    let [fits, over] = [0, Math.min(this.options.maxBatchSize, 2 * fit.largest) + 1];
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      if (fit.upperAt(middle) <= limitMs) fits = middle;
      else over = middle;
    }
    return Math.max(1, fits);
  }

  /** Larger batches answer more requests: the size grows while batches are full and requests in time, and steps back when not. */
  private closeWindow(): void {
    const isBusy = this.full > this.executions / 2;
    this.lateShare = this.late / this.requests;
    if (this.ceilingWindows > 0 && --this.ceilingWindows === 0) this.ceiling = 1;
    if (this.lateShare > tooLate) {
      this.ceiling = Math.max(0, this.push - step / 2);
      this.ceilingWindows = rememberedWindows;
      this.push = Math.max(0, this.push - step);
    } else if (this.lateShare <= roomy && isBusy) this.push = Math.min(1, this.ceiling, this.push + step);
    this.requests = 0;
    this.late = 0;
    this.executions = 0;
    this.full = 0;
  }

  report(): SizerReport {
    const { targetMs, batchSize, delayMs, safeSize, largestSize, lateShare, fit } = this;
    return { targetMs, batchSize, delayMs, safeSize, largestSize, lateShare, fit: fit.report() };
  }
}
