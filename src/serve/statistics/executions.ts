// The executions of a model: how many of which size, why each was sent just then, and the last ones in full.
import { Histogram, logBuckets } from '../../observe/index.js';
import { type CountedNs, toNs } from './durations.js';

/**
 * Why a batch was sent when it was: it was `full`; it had a `preferred` size; its oldest request had waited the longest
 * `delay`; the next request had another `shape` or could not join; batching waits for nothing (`no-delay`); the model takes
 * one request at a time (`single`); the server stops (`close`).
 */
export const flushReasons = ['full', 'preferred', 'delay', 'shape', 'no-delay', 'single', 'close'] as const;
export type FlushReason = (typeof flushReasons)[number];

/** One execution, as the scheduler tells it. */
export interface ExecutedBatch {
  /** Along the batch axis, padding not counted. */
  readonly items: number;
  /** Requests joined in it. */
  readonly requests: number;
  readonly inputMs: number;
  readonly inferMs: number;
  readonly outputMs: number;
  readonly why: FlushReason;
  /** How long its oldest request waited. */
  readonly waitedMs: number;
  /** When it ended, by the engine's monotonic clock. */
  readonly doneMs: number;
}

/** One execution, as people read it. */
export interface BatchRecord {
  /** Unix time of its end in milliseconds. */
  readonly atMs: number;
  readonly items: number;
  readonly requests: number;
  readonly why: FlushReason;
  readonly waitedMs: number;
  readonly inferMs: number;
}

/** One entry of Triton's `batch_stats`. */
export interface BatchStatistics {
  readonly batch_size: number;
  readonly compute_input: CountedNs;
  readonly compute_infer: CountedNs;
  readonly compute_output: CountedNs;
}

const kept = 64;
/** Sizes beyond so many different ones are left out of `batch_stats`, not of the totals. */
const mostSizes = 1024;
/** One item to 1024, two buckets an octave. */
const sizes = logBuckets({ low: 0, high: 10, parts: 2 });

export class Executions {
  readonly sizes = new Histogram(sizes);
  /** Per batch size: count, then nanoseconds of input, infer and output. */
  private readonly bySize = new Map<number, Float64Array>();
  private readonly flushes = new Map<FlushReason, number>(flushReasons.map(reason => [reason, 0]));
  private readonly recent: ExecutedBatch[] = [];

  get count(): number {
    return this.sizes.count;
  }

  /** About 0.1 us. Keeps `batch`, which must not be changed afterwards. */
  add(batch: ExecutedBatch): void {
    this.recent[this.count % kept] = batch;
    this.sizes.record(batch.items);
    this.flushes.set(batch.why, (this.flushes.get(batch.why) ?? 0) + 1);
    let cells = this.bySize.get(batch.items);
    if (cells === undefined) {
      if (this.bySize.size >= mostSizes) return;
      cells = new Float64Array(4);
      this.bySize.set(batch.items, cells);
    }
    cells[0] = (cells[0] ?? 0) + 1;
    cells[1] = (cells[1] ?? 0) + toNs(batch.inputMs);
    cells[2] = (cells[2] ?? 0) + toNs(batch.inferMs);
    cells[3] = (cells[3] ?? 0) + toNs(batch.outputMs);
  }

  flushed(why: FlushReason): number {
    return this.flushes.get(why) ?? 0;
  }

  /** The last 64, oldest first. @param epochMs Unix time of the monotonic clock's zero. */
  list(epochMs: number): BatchRecord[] {
    const { recent, count } = this;
    const from = Math.max(0, count - kept);
    return Array.from({ length: count - from }, (_, k) => recent[(from + k) % kept]).flatMap(batch =>
      batch === undefined ? [] : [recordOf(batch, epochMs)],
    );
  }

  /** Ascending by size. */
  batchStats(): BatchStatistics[] {
    return [...this.bySize]
      .toSorted(([a], [b]) => a - b)
      .map(([batch_size, [count = 0, input = 0, infer = 0, output = 0]]) => ({
        batch_size,
        compute_input: { count, ns: input },
        compute_infer: { count, ns: infer },
        compute_output: { count, ns: output },
      }));
  }

  reportFlushes(): Record<FlushReason, number> {
    return {
      full: 0,
      preferred: 0,
      delay: 0,
      shape: 0,
      'no-delay': 0,
      single: 0,
      close: 0,
      ...Object.fromEntries(this.flushes),
    };
  }
}

export const recordOf = (batch: ExecutedBatch, epochMs: number): BatchRecord => ({
  atMs: Math.round(epochMs + batch.doneMs),
  items: batch.items,
  requests: batch.requests,
  why: batch.why,
  waitedMs: batch.waitedMs,
  inferMs: batch.inferMs,
});
