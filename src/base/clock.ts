// Time, injected: the system's clock in production, a hand-moved one in tests.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds with a fraction, for durations. */
  monotonic(): number;
}

export const systemClock: Clock = Object.freeze({ now: () => Date.now(), monotonic: () => performance.now() });

/** A clock that stands still until it is moved. */
export function manualClock(startMs = 0): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    advance: ms => {
      nowMs += ms;
    },
  };
}
