// Work that is done again and again, and whose failures end nothing.
import type { Timers } from '../../base/index.js';

interface Beating {
  readonly timers: Timers;
  readonly everyMs: number;
  readonly complain: (what: string) => void;
}

/** Runs `work` again and again, each time after the last has ended; what it throws is told, once for a row of failures. */
export function repeatedly(
  work: () => Promise<void>,
  { timers, everyMs, complain }: Beating,
): { stop(): Promise<void> } {
  let isFailing = false;
  let isStopped = false;
  let running = Promise.resolve();
  const turn = async (): Promise<void> => {
    try {
      await work();
      isFailing = false;
    } catch (error) {
      if (!isFailing) complain(error instanceof Error ? error.message : String(error));
      isFailing = true;
    }
    plan();
  };
  let cancel = (): void => {};
  const plan = (): void => {
    if (isStopped) return;
    cancel = timers.after(everyMs, () => {
      running = turn();
    });
  };
  plan();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
