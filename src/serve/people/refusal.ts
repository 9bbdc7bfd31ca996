// A failure of one request among several (a batch, a WebSocket): its words, code and status, and nothing of our insides.
import type { ErrorCode } from '../../base/index.js';
import { rejectionOf } from '../engine/guard-verdict.js';
import { outwardError } from '../protocol/outward.js';
import { faultChannel } from '../statistics/statistics.js';
import { guardForPeople } from './guard.js';

export interface Refusal {
  readonly error: string;
  /** Of docs/errors.md; INTERNAL for what is not ours. */
  readonly code: ErrorCode | 'INTERNAL';
  /** The HTTP status that it would have had alone. */
  readonly status: number;
  readonly guard?: object;
}

/** What the client is told of `error`; what it is not told goes to the fault channel under `where`. */
export function refusalOf(error: unknown, where: string): Refusal {
  const ours = outwardError(error);
  if (ours !== undefined) {
    const guard = rejectionOf(ours);
    const { message, code, http: status } = ours;
    return guard === undefined
      ? { error: message, code, status }
      : { error: message, code, status, guard: guardForPeople(guard) };
  }
  const reason = error instanceof Error ? error.message : String(error);
  faultChannel.publish(() => ({ model: '', what: where, reason }));
  return { error: 'internal error', code: 'INTERNAL', status: 500 };
}
