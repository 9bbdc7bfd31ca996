// When a call may be tried again: only what cannot do harm twice, only while a budget lasts, and after a drawn wait.
import type { GalerkinClientError } from './errors.js';

export interface RetryPolicy {
  /** Tries after the first; 0 turns retries off. */
  readonly retries: number;
  /** Retries earned by each call: 0.2 lets one in five calls be tried again. */
  readonly budgetRatio: number;
  /** Retries earned by time, so that a quiet client may retry too. */
  readonly minPerSecond: number;
  /** The wait before retry k is drawn evenly from 0 to firstDelayMs 2^k, at most maxDelayMs. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const defaultRetries: RetryPolicy = {
  retries: 3,
  budgetRatio: 0.2,
  minPerSecond: 1,
  firstDelayMs: 50,
  maxDelayMs: 2000,
};

/** Seconds of `minPerSecond`, and fifty calls' worth of `budgetRatio`, that can be saved up. */
const savedSeconds = 10;
const savedCalls = 50;

export interface RetryBudget {
  /** A call begins. */
  earn(): void;
  /** Takes one retry; false when none is left. */
  spend(): boolean;
}

/** A token bucket, shared by all calls of a client: when a server is in trouble, retries do not multiply its load. */
export function retryBudget({ budgetRatio, minPerSecond }: RetryPolicy, now: () => number): RetryBudget {
  const most = savedSeconds * minPerSecond + savedCalls * budgetRatio;
  let tokens = savedSeconds * minPerSecond;
  let atMs = now();
  const add = (more: number): void => {
    tokens = Math.min(most, tokens + more);
  };
  return {
    earn() {
      const nowMs = now();
      add(budgetRatio + ((nowMs - atMs) / 1000) * minPerSecond);
      atMs = nowMs;
    },
    spend() {
      const nowMs = now();
      add(((nowMs - atMs) / 1000) * minPerSecond);
      atMs = nowMs;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** The wait before retry `attempt` (0 is the first): what the server asked for, and a drawn part on top. */
export function retryDelayMs(
  { firstDelayMs, maxDelayMs }: RetryPolicy,
  attempt: number,
  { retryAfterMs = 0, random }: { readonly retryAfterMs?: number | undefined; readonly random: () => number },
): number {
  return retryAfterMs + random() * Math.min(maxDelayMs, firstDelayMs * 2 ** attempt);
}

/** Failures that another try may mend. */
export const mayPass = ({ code }: GalerkinClientError): boolean => code === 'UNAVAILABLE' || code === 'CONNECTION';
