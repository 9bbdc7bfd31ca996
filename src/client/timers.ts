// Time as this room needs it, injected so that tests do not wait.

export interface ClientTimers {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Runs `work` once after `delayMs`; the result cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

/** The longest delay that timers take; more would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

export const systemTimers: ClientTimers = {
  now: () => performance.now(),
  after(delayMs, work) {
    const timer = setTimeout(work, Math.min(delayMs, longestDelayMs));
    return () => clearTimeout(timer);
  },
};
