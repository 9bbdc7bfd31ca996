// Finds instances that hang without a timer per request: a look now and then, and what has not moved since long enough is killed.
import type { Timers } from '../../base/index.js';
import type { Execution } from './execution.js';
import type { Slot } from './slot.js';

/** Looks per time limit: an instance is killed between 1 and 1 + 1/looks limits after it began what it hangs in. */
const looks = 8;

/** @returns a function to be called whenever work begins; it costs nothing while looks go on anyway. */
export function watchSlots(
  slots: readonly Slot[],
  { timeoutMs, timers }: { readonly timeoutMs: number; readonly timers: Timers },
): () => void {
  const seen = new WeakMap<Execution, number>();
  let isWatching = false;
  const look = (): void => {
    isWatching = false;
    for (const slot of slots) {
      const [oldest] = slot.running;
      if (oldest === undefined || slot.instance === undefined) continue;
      isWatching = true;
      const count = (seen.get(oldest) ?? 0) + 1;
      seen.set(oldest, count);
      if (count <= looks) continue;
      slot.overran = true;
      slot.instance.kill();
    }
    if (isWatching) timers.after(timeoutMs / looks, look);
  };
  return () => {
    if (isWatching) return;
    isWatching = true;
    timers.after(timeoutMs / looks, look);
  };
}
