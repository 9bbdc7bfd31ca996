// Leaves alone what keeps failing: after some failures in a row nothing is tried for a while, then one try decides.
import type { Clock } from '../../base/index.js';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** First pause; it doubles with every failed try, up to `longestPauseMs`. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  readonly clock: Clock;
}

export interface Breaker {
  /** True if a try may be made now; while half open, only to the first who asks. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
  readonly isOpen: boolean;
}

export function breaker({ failures, pauseMs, longestPauseMs, clock }: BreakerOptions): Breaker {
  let inARow = 0;
  let pause = pauseMs;
  let nextTryMs = -Infinity;
  let isTrying = false;
  return {
    get isOpen() {
      return inARow >= failures;
    },
    allows() {
      if (inARow < failures) return true;
      const nowMs = clock.monotonic();
      if (nowMs < nextTryMs) return false;
      nextTryMs = nowMs + pause;
      isTrying = true;
      return true;
    },
    succeeded() {
      inARow = 0;
      pause = pauseMs;
      isTrying = false;
    },
    failed() {
      inARow += 1;
      if (inARow < failures) return;
      // Calls that were under way when it opened say nothing new; only a failed try makes the pause longer.
      if (inARow > failures && !isTrying) return;
      if (isTrying) pause = Math.min(longestPauseMs, pause * 2);
      isTrying = false;
      nextTryMs = clock.monotonic() + pause;
    },
  };
}
