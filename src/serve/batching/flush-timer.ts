// One timer for the batch that waits for company: it is set again only for an earlier moment.
import type { Clock, Timers } from '../../base/index.js';

export class FlushTimer {
  private atMs = Number.POSITIVE_INFINITY;
  private disarm: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly fire: () => void,
  ) {}

  /** Fires `waitMs` from now at the latest, and perhaps before: whoever is called looks again and may wait on. */
  arm(nowMs: number, waitMs: number): void {
    const atMs = nowMs + waitMs;
    if (atMs >= this.atMs || waitMs === Number.POSITIVE_INFINITY) return;
    this.disarm?.();
    this.atMs = atMs;
    this.disarm = this.timers.after(atMs - this.clock.monotonic(), this.onTimer);
  }

  stop(): void {
    this.disarm?.();
    this.atMs = Number.POSITIVE_INFINITY;
  }

  private readonly onTimer = (): void => {
    this.atMs = Number.POSITIVE_INFINITY;
    this.fire();
  };
}
