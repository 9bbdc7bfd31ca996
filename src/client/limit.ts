// One call's end, whichever comes first: its deadline or its caller's signal.
import { GalerkinClientError } from './errors.js';
import type { ClientTimers } from './timers.js';

export interface Limit {
  /** For fetch: aborted when the call must end. */
  readonly signal: AbortSignal;
  /** Why it had to end; undefined while it need not. */
  readonly reason: GalerkinClientError | undefined;
  readonly leftMs: number;
  /** Waits, or throws the reason as soon as there is one. */
  pause(delayMs: number): Promise<void>;
  /** Lets go of the timer and the caller's signal. */
  release(): void;
}

export interface LimitOptions {
  readonly timers: ClientTimers;
  /** Infinity: none. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export function startLimit({ timers, deadlineMs, signal }: LimitOptions): Limit {
  const controller = new AbortController();
  const endMs = timers.now() + deadlineMs;
  let reason: GalerkinClientError | undefined;
  const end = (error: GalerkinClientError): void => {
    reason ??= error;
    controller.abort();
  };
  const onAbort = (): void =>
    end(new GalerkinClientError('ABORTED', 'The caller aborted the call.', { cause: signal?.reason }));
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const cancel = Number.isFinite(deadlineMs)
    ? timers.after(deadlineMs, () => end(new GalerkinClientError('DEADLINE', `No answer within ${deadlineMs} ms.`)))
    : () => {};
  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    get leftMs() {
      return endMs - timers.now();
    },
    pause: delayMs =>
      new Promise((resolve, reject) => {
        const stop = timers.after(delayMs, () => {
          controller.signal.removeEventListener('abort', give);
          resolve();
        });
        const give = (): void => {
          stop();
          reject(reason);
        };
        controller.signal.addEventListener('abort', give, { once: true });
      }),
    release() {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
