// What became of requests: counts by kind, and latencies in bins two percent wide.

/** Largest latency told apart: 1.02^1200 us, some six hours. */
const binCount = 1200;
const width = Math.log(1.02);

export class Latencies {
  constructor(readonly bins: Float64Array = new Float64Array(binCount)) {}

  add(us: number): void {
    this.bins[Math.max(0, Math.min(binCount - 1, Math.round(Math.log(Math.max(1, us)) / width)))]++;
  }

  merge(other: Latencies): void {
    for (let k = 0; k < binCount; k++) this.bins[k] += other.bins[k];
  }

  get count(): number {
    return this.bins.reduce((sum, each) => sum + each, 0);
  }

  /** In milliseconds, right to two percent; 0 where there are none. */
  quantileMs(share: number): number {
    const wanted = share * this.count;
    if (wanted === 0) return 0;
    let sum = 0;
    for (let k = 0; k < binCount; k++) {
      sum += this.bins[k];
      if (sum >= wanted) return Math.exp(k * width) / 1000;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** Counts of one span of time; as plain data it travels between processes. */
export interface Tally {
  /** Arrivals, sent or not. */
  offered: number;
  succeeded: number;
  /** 429 and 503. */
  refused: number;
  /** Of these, without Retry-After. */
  withoutRetryAfter: number;
  /** Other statuses, and connections that broke. */
  failed: number;
  /** The client had no connection left. */
  unsent: number;
  /** By status, or by what broke the connection. */
  readonly failures: Record<string, number>;
  readonly succeededUs: Float64Array;
  readonly refusedUs: Float64Array;
}

export const newTally = (): Tally => ({
  offered: 0,
  succeeded: 0,
  refused: 0,
  withoutRetryAfter: 0,
  failed: 0,
  unsent: 0,
  failures: {},
  succeededUs: new Float64Array(binCount),
  refusedUs: new Float64Array(binCount),
});

export function addTally(sum: Tally, more: Tally): void {
  sum.offered += more.offered;
  sum.succeeded += more.succeeded;
  sum.refused += more.refused;
  sum.withoutRetryAfter += more.withoutRetryAfter;
  sum.failed += more.failed;
  sum.unsent += more.unsent;
  for (const [what, count] of Object.entries(more.failures)) sum.failures[what] = (sum.failures[what] ?? 0) + count;
  new Latencies(sum.succeededUs).merge(new Latencies(more.succeededUs));
  new Latencies(sum.refusedUs).merge(new Latencies(more.refusedUs));
}
