// How many requests may be in flight at once, learnt from latency: where it rises above what an unhurried request takes, queues build up and the limit falls.

const smoothing = 0.5;
/** Latency may be this many times the unhurried one, so that batches can fill, before the limit falls. */
const tolerance = 2;
/** Requests after which the unhurried latency is measured anew, for which the limit falls to its root for a while. */
const epoch = 5000;
/** A change shows only in requests that came after it: the next one waits for so many rounds of requests. */
const rounds = 2;

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
 * `shortest` is the least latency of the last two epochs of 5000 requests, `recent` the mean of the last round: an average
 * in the place of the minimum would drift up with the queue it should find. Grows only while at least half of it is used.
 */
export function gradientLimit({ initial, min, max }: GradientOptions): ConcurrencyLimit {
  let estimate = initial;
  let shortestMs = Infinity;
  let lastShortestMs = Infinity;
  let sinceEpoch = 0;
  let probesLeft = 0;
  const round = { count: 0, sumMs: 0, from: 0, mostInFlight: 0 };

  const turnEpoch = (): void => {
    sinceEpoch = 0;
    lastShortestMs = shortestMs;
    shortestMs = Infinity;
    // Those from before have to leave first; then one round at the low limit is enough.
    probesLeft = Math.ceil(estimate + Math.sqrt(estimate));
  };
  const turnRound = (): void => {
    const recentMs = round.sumMs / (round.count - round.from);
    const isUsed = round.mostInFlight >= estimate / 2;
    if (isUsed) {
      const gradient = Math.min(1, Math.max(0.5, (tolerance * Math.min(shortestMs, lastShortestMs)) / recentMs));
      const next = estimate * gradient + Math.sqrt(estimate);
      estimate = Math.min(max, Math.max(min, (1 - smoothing) * estimate + smoothing * next));
    }
    startRound();
  };
  /** The first requests of a round were let in under the last limit, and say nothing of this one. */
  const startRound = (): void => {
    round.count = 0;
    round.sumMs = 0;
    round.from = Math.ceil(estimate * (rounds - 1));
    round.mostInFlight = 0;
  };
  startRound();
  return {
    get limit() {
      return Math.max(min, Math.floor(probesLeft > 0 ? Math.sqrt(estimate) : estimate));
    },
    observe(latencyMs, inFlight) {
      if (!(latencyMs > 0)) return;
      shortestMs = Math.min(shortestMs, latencyMs);
      if (probesLeft > 0) {
        if (--probesLeft === 0) startRound();
        return;
      }
      if (++sinceEpoch > epoch) turnEpoch();
      round.count++;
      round.mostInFlight = Math.max(round.mostInFlight, inFlight);
      if (round.count > round.from) round.sumMs += latencyMs;
      if (round.count >= Math.max(rounds, Math.ceil(estimate * rounds))) turnRound();
    },
  };
}
