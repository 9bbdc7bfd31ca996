// What a scheduler has done beyond what statistics count: joined, padded and failed batches, and what its sizer has learned.
import type { ExecutedBatch } from '../statistics/executions.js';
import type { SizerReport } from './adaptive-batch-sizer.js';
import type { BatchingPlan } from './batching-plan.js';
import type { Waiting } from './waiting.js';

export interface BatchingReport {
  /** Batches of more than one request. */
  readonly joined: number;
  /** Of these, batches that failed or whose answer did not fall apart, so that their members were tried alone. */
  readonly failedTogether: number;
  /** Members of such batches. */
  readonly triedAlone: number;
  /** Of the cells along bucketed axes that instances computed in padded batches, the share that was padding. 0 to 1. */
  readonly paddingShare: number;
  /** Largest batch and longest wait for company at present. */
  readonly maxItems: number;
  readonly delayMs: number;
  /** Absent for a model without a latency target. */
  readonly sizer: SizerReport | undefined;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

export class BatchTally {
  private joined = 0;
  private failures = 0;
  private alone = 0;
  private ownCells = 0;
  private paddedCells = 0;

  constructor(private readonly plan: Pick<BatchingPlan, 'limits' | 'sizer' | 'buckets'>) {}

  executed({ items, requests, inferMs, doneMs }: ExecutedBatch, members: readonly Waiting[]): void {
    const { limits, sizer, buckets } = this.plan;
    if (requests > 1) {
      this.joined++;
      if (buckets !== undefined) this.countPadding(members);
    }
    if (sizer === undefined) return;
    const isFull = items >= limits.maxItems;
    let late = 0;
    for (const { work } of members) if (doneMs - work.times.queuedMs > sizer.targetMs) late++;
    sizer.observe({ items, requests, late, inferMs, isFull });
    limits.maxItems = sizer.batchSize;
    limits.maxPreferred = sizer.batchSize;
    limits.delayMs = sizer.delayMs;
  }

  failedTogether(members: number): void {
    this.failures++;
    this.alone += members;
  }

  private countPadding(members: readonly Waiting[]): void {
    const [first] = members;
    if (first === undefined || members.every(({ form }) => form.sizes.every((size, k) => size === first.form.sizes[k])))
      return;
    for (const { form, work } of members) {
      this.ownCells += work.items * product(form.sizes);
      this.paddedCells += work.items * product(form.bucket);
    }
  }

  report(): BatchingReport {
    const { limits, sizer } = this.plan;
    return {
      joined: this.joined,
      failedTogether: this.failures,
      triedAlone: this.alone,
      paddingShare: this.paddedCells === 0 ? 0 : 1 - this.ownCells / this.paddedCells,
      maxItems: limits.maxItems,
      delayMs: limits.delayMs,
      sizer: sizer?.report(),
    };
  }
}
