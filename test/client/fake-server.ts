// A server of scripted answers in place of `fetch`, and time that moves only when a test says so.
import { manualClock } from 'galerkin/base';
import type { ClientTimers, Fetch } from 'galerkin/client';

export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
  readonly atMs: number;
}

/** An answer, or 'refused' for a connection that fails, or 'silent' for one that never answers. */
export type Scripted =
  | 'refused'
  | 'silent'
  | {
      readonly status?: number;
      readonly body?: string | Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface FakeServer {
  readonly fetch: Fetch;
  readonly sent: readonly Sent[];
  readonly timers: ClientTimers;
  readonly clock: ReturnType<typeof manualClock>;
  /** Moves time on until `promise` is settled. */
  drive<T>(promise: Promise<T>): Promise<T>;
}

/** Answers with `script` in order, then with its last answer for ever. */
export function fakeServer(...script: readonly Scripted[]): FakeServer {
  const clock = manualClock();
  const sent: Sent[] = [];
  const fetch: Fetch = (url, { method, headers, body, signal }) => {
    const answer = script[Math.min(sent.length, script.length - 1)] ?? 'refused';
    sent.push({ url, method, headers, body, atMs: clock.monotonic() });
    if (answer === 'refused') return Promise.reject(new TypeError('fetch failed'));
    if (answer === 'silent') {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    }
    const { status = 200, body: bytes = '{}', headers: given = {} } = answer;
    const copy = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
    return Promise.resolve(new Response(copy, { status, headers: { ...given } }));
  };
  return {
    fetch,
    sent,
    clock,
    timers: { now: () => clock.monotonic(), after: (delayMs, work) => clock.after(delayMs, work) },
    async drive(promise) {
      let isSettled = false;
      const settled = (): void => {
        isSettled = true;
      };
      promise.then(settled, settled);
      while (!isSettled) {
        await new Promise(resolve => setImmediate(resolve));
        if (!isSettled) clock.advance(5);
      }
      return promise;
    },
  };
}
