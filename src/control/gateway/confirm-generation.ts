// Waiting until a gateway obeys: new connections meet one generation of its routes, and only that.
import { z } from 'zod';
import type { Timers } from '../../base/index.js';

interface Confirming {
  readonly fetch: typeof fetch;
  readonly timers: Timers;
  readonly timeoutMs: number;
}

const everyMs = 20;
/**
 * nginx lets its old processes accept connections beside the new ones for a tenth of a second, and says nothing when they stop.
 * So the new generation must be all that is seen for longer than that.
 */
const steadyMs = 300;

const answered = z.object({ generation: z.int() });

/** Rejects when the generation, or a later one, has not been all that is met in time. */
export async function confirmGeneration(
  url: string,
  number: number,
  { fetch: ask, timers, timeoutMs }: Confirming,
): Promise<void> {
  let isOver = false;
  const cancel = timers.after(timeoutMs, () => {
    isOver = true;
  });
  const isSeen = async (): Promise<boolean> => {
    const signal = AbortSignal.timeout(timeoutMs);
    // Kept connections belong to the processes that served them before.
    const response = await ask(url, { signal, headers: { connection: 'close' } }).catch(() => undefined);
    const seen = answered.safeParse(await response?.json().catch(() => undefined));
    return seen.success && seen.data.generation >= number;
  };
  try {
    for (let steady = 0; !isOver; ) {
      steady = (await isSeen()) ? steady + 1 : 0;
      if (steady * everyMs > steadyMs) return;
      await new Promise<void>(resolve => timers.after(everyMs, resolve));
    }
  } finally {
    cancel();
  }
  throw new Error(`${url} does not answer with generation ${number}`);
}
