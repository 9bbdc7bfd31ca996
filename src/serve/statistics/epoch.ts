// From the monotonic clock to the calendar: one clock is read on the hot path, and the other where people look.
import type { Clock } from '../../base/index.js';

/** Smaller moves of the system's clock are let be, so that the same moment reads the same twice. */
const toleratedMs = 1000;

/** Unix time in milliseconds of the monotonic clock's zero; follows the system's clock when that is set by more than a second. */
export function epochOf(clock: Clock): () => number {
  const fresh = (): number => clock.now() - clock.monotonic();
  let epochMs = fresh();
  return () => {
    const nowMs = fresh();
    if (Math.abs(nowMs - epochMs) > toleratedMs) epochMs = nowMs;
    return epochMs;
  };
}
