// A model version whose instances keep dying or hanging is left alone for a while, then tried with one request at a time.
import { type Clock, GalerkinError, isGalerkinError } from '../../base/index.js';
import type { Scheduler, Work } from '../engine/scheduler.js';

/** Failures that are the version's own; a request that the model cannot compute says nothing against its instances. */
const ownFailures: ReadonlySet<string> = new Set(['INSTANCE_DIED', 'INFERENCE_TIMEOUT']);

export interface BreakerOptions {
  readonly model: string;
  readonly version: string;
  /** Failures in a row after which it rests; 0: never. */
  readonly failures: number;
  /** The first rest; each that follows without a success between is twice as long, up to 32 times. */
  readonly restMs: number;
  readonly clock: Clock;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

const longestRests = 32;

/** A scheduler that refuses with CIRCUIT_OPEN while `inner` rests. Costs a comparison while all is well. */
export function withBreaker(inner: Scheduler, options: BreakerOptions): Scheduler & { readonly state: BreakerState } {
  const { model, version, failures: limit, restMs, clock } = options;
  let inARow = 0;
  let rests = 0;
  let restsUntilMs = 0;
  let isProbing = false;

  const refuse = (): never => {
    const retryAfterMs = Math.max(restMs / 10, restsUntilMs - clock.monotonic());
    throw new GalerkinError('CIRCUIT_OPEN', { model, version, failures: inARow, retryAfterMs });
  };
  const succeed = (): void => {
    inARow = 0;
    rests = 0;
    restsUntilMs = 0;
  };
  const fail = (error: unknown): void => {
    if (!isGalerkinError(error) || !ownFailures.has(error.code)) return;
    inARow++;
    if (inARow < limit) return;
    restsUntilMs = clock.monotonic() + restMs * Math.min(longestRests, 2 ** rests);
    rests++;
  };
  const observed = async (work: Work) => {
    try {
      const computed = await inner.run(work);
      succeed();
      return computed;
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  const stateNow = (): BreakerState => {
    if (limit === 0 || inARow < limit) return 'closed';
    return clock.monotonic() < restsUntilMs ? 'open' : 'half-open';
  };
  return {
    get state() {
      return stateNow();
    },
    get pending() {
      return inner.pending;
    },
    report: () => ({ breaker: stateNow(), ...inner.report?.() }),
    isReady: () => inner.isReady(),
    ...(inner.holds === undefined ? {} : { holds: sequence => inner.holds?.(sequence) === true }),
    close: drainTimeoutMs => inner.close(drainTimeoutMs),
    async run(work) {
      const state = stateNow();
      if (state === 'closed') return observed(work);
      if (state === 'open' || isProbing) return refuse();
      isProbing = true;
      try {
        return await observed(work);
      } finally {
        isProbing = false;
      }
    },
  };
}
