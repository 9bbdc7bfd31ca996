// Who has a version in hand: requests, sequences and copies, until each has let it go.
import type { Timers } from '../../base/index.js';

export class Leases {
  /** Nothing new is to come: the version is on its way out. */
  isLeaving = false;
  private held = 0;
  private released: (() => void) | undefined;

  take(): void {
    this.held++;
  }

  give(): void {
    this.held--;
    if (this.held === 0) this.released?.();
  }

  get count(): number {
    return this.held;
  }

  /** Resolves when nobody holds it any more, or after `limitMs`. */
  async allGiven(limitMs: number, timers: Timers): Promise<void> {
    if (this.held === 0) return;
    await new Promise<void>(resolve => {
      const cancel = timers.after(limitMs, resolve);
      this.released = () => {
        cancel();
        resolve();
      };
    });
    this.released = undefined;
  }
}
