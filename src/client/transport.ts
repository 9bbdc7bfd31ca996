// One call to the server: sent with `fetch`, within its deadline, tried again where that is allowed, its failure typed.
import { codeOfStatus, GalerkinClientError } from './errors.js';
import { isRecord } from './json.js';
import { type Limit, startLimit } from './limit.js';
import { mayPass, type RetryPolicy, retryBudget, retryDelayMs } from './retry.js';
import type { ClientTimers } from './timers.js';

/** The part of `fetch` that is used; every standard one fits. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string | Uint8Array<ArrayBuffer>;
    readonly signal: AbortSignal;
  },
) => Promise<FetchResponse>;

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  /** From the server's root, with a leading slash. */
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** May be sent twice without harm. */
  readonly isIdempotent: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs?: number | undefined;
}

export interface Reply {
  readonly headers: { get(name: string): string | null };
  readonly bytes: ArrayBuffer;
}

export interface TransportOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly fetch: Fetch;
  readonly headers: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  readonly deadlineMs: number;
  readonly retry: RetryPolicy;
  readonly random: () => number;
  readonly timers: ClientTimers;
}

export interface Transport {
  /** The whole answer. Throws GalerkinClientError. */
  send(call: Call): Promise<Reply>;
  /** An answer that is read as it comes; `release` must be called after. Never retried. */
  open(call: Call): Promise<{ readonly response: FetchResponse; readonly limit: Limit }>;
}

interface Attempt {
  readonly call: Call;
  readonly limit: Limit;
}

const decoder = new TextDecoder();

function retryAfterMs(headers: FetchResponse['headers']): number | undefined {
  const stated = headers.get('retry-after');
  // Dates are not read: the two clocks may differ.
  return stated !== null && /^\d{1,6}$/.test(stated) ? Number(stated) * 1000 : undefined;
}

/** The typed failure of an answer that is no success. */
async function refusalOf(response: FetchResponse): Promise<GalerkinClientError> {
  const { status, headers } = response;
  const words = decoder.decode(await response.arrayBuffer());
  let facts: unknown;
  try {
    facts = JSON.parse(words);
  } catch {
    // Not from our server, perhaps a proxy's page.
  }
  const { error, ...more } = isRecord(facts) ? facts : {};
  const message = typeof error === 'string' && error !== '' ? error : `HTTP status ${status}`;
  const waitMs = retryAfterMs(headers);
  return new GalerkinClientError(codeOfStatus(status), message, {
    status,
    facts: more,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

function failureOf(cause: unknown, limit: Limit, url: string): GalerkinClientError {
  if (limit.reason !== undefined) return limit.reason;
  if (cause instanceof GalerkinClientError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  return new GalerkinClientError('CONNECTION', `No answer from ${url}: ${words}`, { cause });
}

export function createTransport({
  url,
  fetch,
  headers,
  deadlineMs,
  retry,
  random,
  timers,
}: TransportOptions): Transport {
  const budget = retryBudget(retry, timers.now);
  const once = async (call: Call, limit: Limit): Promise<FetchResponse> => {
    const own = await headers();
    if (limit.reason !== undefined) throw limit.reason;
    const response = await fetch(url + call.path, {
      method: call.method,
      headers: { ...own, ...call.headers },
      ...(call.body === undefined ? {} : { body: call.body }),
      signal: limit.signal,
    });
    if (response.status >= 200 && response.status < 300) return response;
    throw await refusalOf(response);
  };
  const limitOf = (call: Call): Limit =>
    startLimit({ timers, signal: call.signal, deadlineMs: call.deadlineMs ?? deadlineMs });

  /** The wait before another try; undefined where there is none. */
  const waitMs = (failure: GalerkinClientError, attempt: number, { call, limit }: Attempt): number | undefined => {
    if (!call.isIdempotent || attempt >= retry.retries || !mayPass(failure)) return undefined;
    const delayMs = retryDelayMs(retry, attempt, { retryAfterMs: failure.retryAfterMs, random });
    return delayMs < limit.leftMs && budget.spend() ? delayMs : undefined;
  };

  return {
    async send(call) {
      const limit = limitOf(call);
      budget.earn();
      try {
        for (let attempt = 0; ; attempt += 1) {
          try {
            const response = await once(call, limit);
            return { headers: response.headers, bytes: await response.arrayBuffer() };
          } catch (cause) {
            const failure = failureOf(cause, limit, url);
            const delayMs = waitMs(failure, attempt, { call, limit });
            if (delayMs === undefined) throw failure;
            await limit.pause(delayMs);
          }
        }
      } finally {
        limit.release();
      }
    },
    async open(call) {
      const limit = limitOf(call);
      try {
        return { response: await once(call, limit), limit };
      } catch (cause) {
        limit.release();
        throw failureOf(cause, limit, url);
      }
    },
  };
}
