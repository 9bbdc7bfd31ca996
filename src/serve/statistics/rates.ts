// The last sixty seconds, second by second: a ring of small counters.
import type { Clock } from '../../base/index.js';
import { epochOf } from './epoch.js';

const seconds = 60;

/** One second of a model's life; `atSeconds` is Unix time. */
export interface SecondOfWork {
  readonly atSeconds: number;
  readonly requests: number;
  readonly failures: number;
  /** Of the requests that succeeded in that second; 0 when there were none. */
  readonly meanLatencyMs: number;
  readonly maxLatencyMs: number;
}

export interface RecentWork {
  /** @param atMs when it ended, by the monotonic clock; absent: now. */
  add(latencyMs: number, failed: boolean, atMs?: number): void;
  /** The last 60 whole or begun seconds, oldest first; seconds without requests are there with zeros. */
  list(): SecondOfWork[];
  /** Requests a second over the last ten whole seconds. */
  perSecond(): number;
}

export function recentWork(clock: Clock): RecentWork {
  const epochMs = epochOf(clock);
  const stamps = new Float64Array(seconds).fill(-1);
  const requests = new Uint32Array(seconds);
  const failures = new Uint32Array(seconds);
  const sums = new Float64Array(seconds);
  const maxima = new Float64Array(seconds);

  /** Its slot; -1 for a second that lies more than a minute before others. */
  const slotOf = (second: number): number => {
    const slot = second % seconds;
    if ((stamps[slot] ?? -1) > second) return -1;
    if (stamps[slot] !== second) {
      stamps[slot] = second;
      requests[slot] = failures[slot] = sums[slot] = maxima[slot] = 0;
    }
    return slot;
  };
  const current = (): number => Math.floor(clock.monotonic() / 1000);
  const at = (second: number): SecondOfWork => {
    const slot = Math.max(0, second % seconds);
    const [count, failed] = stamps[slot] === second ? [requests[slot] ?? 0, failures[slot] ?? 0] : [0, 0];
    const succeeded = count - failed;
    return {
      atSeconds: second + Math.round(epochMs() / 1000),
      requests: count,
      failures: failed,
      meanLatencyMs: succeeded > 0 ? (sums[slot] ?? 0) / succeeded : 0,
      maxLatencyMs: succeeded > 0 ? (maxima[slot] ?? 0) : 0,
    };
  };
  return {
    add(latencyMs, failed, atMs = clock.monotonic()) {
      const slot = slotOf(Math.floor(atMs / 1000));
      if (slot < 0) return;
      requests[slot] = (requests[slot] ?? 0) + 1;
      if (failed) failures[slot] = (failures[slot] ?? 0) + 1;
      else {
        sums[slot] = (sums[slot] ?? 0) + latencyMs;
        maxima[slot] = Math.max(maxima[slot] ?? 0, latencyMs);
      }
    },
    list() {
      const now = current();
      return Array.from({ length: seconds }, (_, k) => at(now - seconds + 1 + k));
    },
    perSecond() {
      const now = current();
      let total = 0;
      for (let back = 1; back <= 10; back++) total += at(now - back).requests;
      return total / 10;
    },
  };
}
