// One at a time, in the order of asking, and nobody waits for ever.
import type { Timers } from '../../base/index.js';

export interface Turns {
  /** Resolves when it is this caller's turn. Rejects with `tooLate()` when that takes longer than the wait allowed. */
  take(): Promise<void>;
  /** Ends the turn that was taken. */
  give(): void;
}

export function takeTurns(timers: Timers, waitMs: number, tooLate: () => Error): Turns {
  const waiting = new Set<() => void>();
  let isTaken = false;
  return {
    async take() {
      if (!isTaken) {
        isTaken = true;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const callOff = timers.after(waitMs, () => {
          waiting.delete(go);
          reject(tooLate());
        });
        const go = (): void => {
          callOff();
          resolve();
        };
        waiting.add(go);
      });
    },
    give() {
      const [next] = waiting;
      if (next === undefined) {
        isTaken = false;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
