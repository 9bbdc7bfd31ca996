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
  let closedUntilMs = -Infinity;
  return {
    get isOpen() {
      return inARow >= failures;
    },
    allows() {
      if (inARow < failures) return true;
      const nowMs = clock.monotonic();
      if (nowMs < closedUntilMs) return false;
      closedUntilMs = nowMs + pause;
      return true;
    },
    succeeded() {
      inARow = 0;
      pause = pauseMs;
    },
    failed() {
      inARow += 1;
      if (inARow < failures) return;
      if (inARow > failures) pause = Math.min(longestPauseMs, pause * 2);
      closedUntilMs = clock.monotonic() + pause;
    },
  };
}
