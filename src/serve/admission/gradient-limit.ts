// How many requests may be in flight at once, learnt from latency: where it rises above what an unhurried request takes, queues build up and the limit falls.

const smoothing = 0.2;
/** Latency may be this many times the unhurried one, so that batches can fill, before the limit falls. */
const tolerance = 2;
/** Samples after which the unhurried latency is measured anew, for which the limit falls to its root for a while. */
const epoch = 1000;
/** Requests answered at that low limit, once those from before have left. */
const probes = 20;
/** Weight of one request in the average of latencies. */
const averaging = 0.1;

export interface ConcurrencyLimit {
  /** Requests that may be in flight at once. */
  readonly limit: number;
  /** Tells of a request that was answered while `inFlight` were under way. */
  observe(latencyMs: number, inFlight: number): void;
}

export interface GradientOptions {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/** A fixed limit: learns nothing. */
export const fixedLimit = (limit: number): ConcurrencyLimit => ({ limit, observe() {} });

/**
 * A limit that follows g = clamp(tolerance * shortest / recent, 1/2, 1), limit' = (1 - s) limit + s (limit g + sqrt(limit)):
 * the gradient limiter of Netflix's concurrency-limits with the minimum measured anew as in Envoy's adaptive concurrency.
 * `shortest` is the least latency of the last two epochs of 1000 requests, `recent` an average over some ten. An average
 * in the place of the minimum would drift up with the queue it should find. Grows only while at least half of it is used.
 */
export function gradientLimit({ initial, min, max }: GradientOptions): ConcurrencyLimit {
  let estimate = initial;
  let recentMs = 0;
  let shortestMs = Infinity;
  let lastShortestMs = Infinity;
  let samples = 0;
  let probesLeft = 0;
  const turnEpoch = (): void => {
    samples = 0;
    lastShortestMs = shortestMs;
    shortestMs = Infinity;
    probesLeft = Math.ceil(estimate) + probes;
  };
  return {
    get limit() {
      return Math.max(min, Math.floor(probesLeft > 0 ? Math.sqrt(estimate) : estimate));
    },
    observe(latencyMs, inFlight) {
      if (!(latencyMs > 0)) return;
      if (probesLeft === 0 && ++samples > epoch) turnEpoch();
      shortestMs = Math.min(shortestMs, latencyMs);
      recentMs = recentMs === 0 ? latencyMs : recentMs + averaging * (latencyMs - recentMs);
      if (probesLeft > 0) {
        probesLeft--;
        return;
      }
      if (inFlight < estimate / 2) return;
      const gradient = Math.min(1, Math.max(0.5, (tolerance * Math.min(shortestMs, lastShortestMs)) / recentMs));
      const next = estimate * gradient + Math.sqrt(estimate);
      estimate = Math.min(max, Math.max(min, (1 - smoothing) * estimate + smoothing * next));
    },
  };
}
