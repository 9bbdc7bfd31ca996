// Percentiles of the last minute: a ring of five-second histograms with logarithmic buckets, merged when read. Fixed memory.
import type { Clock } from '../../base/index.js';

const sliceMs = 5000;
const slices = 12;
/** Buckets are 1/32 of an octave wide: a percentile is right to 1.1 percent. */
const perOctave = 32;
/** From 1 us to 2^32 us, which is 71 minutes; what lies outside counts in the outermost bucket. */
const buckets = 32 * perOctave;

export interface RecentLatencies {
  /** Costs about 0.1 us. @param atMs when it ended, by the monotonic clock; absent: now. */
  add(latencyMs: number, atMs?: number): void;
  /**
   * In milliseconds, over the last 55 to 60 seconds (the slice that began last counts from its first request); 0 when there were none.
   * @param shares of the requests, from 0 to 1, such as 0.99
   */
  percentiles(shares: readonly number[]): number[];
}

const bucketOf = (latencyMs: number): number =>
  Math.min(buckets - 1, Math.max(0, Math.floor(perOctave * Math.log2(latencyMs * 1000))));

/** The geometric middle of a bucket, in milliseconds. */
const middleOf = (bucket: number): number => 2 ** ((bucket + 0.5) / perOctave) / 1000;

/** The middle of the bucket in which the request of that rank (1 is the fastest) lies. */
function atRank(counts: Float64Array, rank: number): number {
  let seen = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    seen += counts[bucket] ?? 0;
    if (seen >= rank) return middleOf(bucket);
  }
  return 0;
}

/** Takes 48 KiB. */
export function recentLatencies(clock: Clock): RecentLatencies {
  const stamps = new Float64Array(slices).fill(-1);
  const counts = Array.from({ length: slices }, () => new Uint32Array(buckets));
  const sliceOf = (atMs: number): number => Math.floor(atMs / sliceMs);
  return {
    add(latencyMs, atMs = clock.monotonic()) {
      const stamp = sliceOf(atMs);
      const slot = stamp % slices;
      const slice = counts[slot];
      if (slice === undefined) return;
      // What ended before the slice that took its place began is left out.
      if ((stamps[slot] ?? -1) > stamp) return;
      if (stamps[slot] !== stamp) {
        stamps[slot] = stamp;
        slice.fill(0);
      }
      const bucket = bucketOf(latencyMs);
      slice[bucket] = (slice[bucket] ?? 0) + 1;
    },
    percentiles(shares) {
      const oldest = sliceOf(clock.monotonic()) - slices + 1;
      const merged = new Float64Array(buckets);
      let total = 0;
      counts.forEach((slice, slot) => {
        if ((stamps[slot] ?? -1) < oldest) return;
        slice.forEach((count, bucket) => {
          merged[bucket] = (merged[bucket] ?? 0) + count;
          total += count;
        });
      });
      return shares.map(share => (total === 0 ? 0 : atRank(merged, Math.max(1, Math.ceil(share * total)))));
    },
  };
}
