// The last sixty seconds, second by second: a ring of small counters.
import type { Clock } from '../../base/index.js';

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
  add(latencyMs: number, failed: boolean): void;
  /** The last 60 whole or begun seconds, oldest first; seconds without requests are there with zeros. */
  list(): SecondOfWork[];
  /** Requests a second over the last ten whole seconds. */
  perSecond(): number;
}

export function recentWork(clock: Clock): RecentWork {
  const stamps = new Float64Array(seconds);
  const requests = new Uint32Array(seconds);
  const failures = new Uint32Array(seconds);
  const sums = new Float64Array(seconds);
  const maxima = new Float64Array(seconds);

  const slotOf = (second: number): number => {
    const slot = second % seconds;
    if (stamps[slot] !== second) {
      stamps[slot] = second;
      requests[slot] = failures[slot] = sums[slot] = maxima[slot] = 0;
    }
    return slot;
  };
  const current = (): number => Math.floor(clock.now() / 1000);
  const at = (second: number): SecondOfWork => {
    const slot = second % seconds;
    const [count, failed] = stamps[slot] === second ? [requests[slot] ?? 0, failures[slot] ?? 0] : [0, 0];
    const succeeded = count - failed;
    return {
      atSeconds: second,
      requests: count,
      failures: failed,
      meanLatencyMs: succeeded > 0 ? (sums[slot] ?? 0) / succeeded : 0,
      maxLatencyMs: succeeded > 0 ? (maxima[slot] ?? 0) : 0,
    };
  };
  return {
    add(latencyMs, failed) {
      const slot = slotOf(current());
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
