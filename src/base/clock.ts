// Time, injected: the system's clock and timers in production, hand-moved ones in tests.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds with a fraction, for durations. */
  monotonic(): number;
}

/** Runs things later. */
export interface Timers {
  /** Runs once after `delayMs`; the function returned calls it off, and does nothing once it ran. Does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = Object.freeze({ now: () => Date.now(), monotonic: () => performance.now() });

/** The longest delay that the system's timers take; more would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

export const systemTimers: Timers = Object.freeze({
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, Math.min(delayMs, longestDelayMs)).unref();
    return () => clearTimeout(timer);
  },
});

/** A clock, with timers, that stands still until it is moved; timers then fire in the order of their times. */
export function manualClock(startMs = 0): Clock & Timers & { advance(ms: number): void } {
  let nowMs = startMs;
  const waiting = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const earliest = (limitMs: number) => {
    let first: { readonly atMs: number; readonly run: () => void } | undefined;
    for (const each of waiting)
      if (each.atMs <= limitMs && (first === undefined || each.atMs < first.atMs)) first = each;
    return first;
  };
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run };
      waiting.add(timer);
      return () => {
        waiting.delete(timer);
      };
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (let next = earliest(endMs); next !== undefined; next = earliest(endMs)) {
        waiting.delete(next);
        nowMs = next.atMs;
        next.run();
      }
      nowMs = endMs;
    },
  };
}
