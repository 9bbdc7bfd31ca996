// The channels on which serving says what happened; whoever listens need not be imported, and nothing is built when nobody does.
import { channel } from '../../base/index.js';
import type { Verdict } from '../engine/guard-verdict.js';
import type { BatchRecord } from './executions.js';
import type { FailureReason } from './failures.js';

/** Published on `galerkin:serve:request` after every request to a model. */
export interface RequestEvent {
  readonly model: string;
  readonly version: string;
  readonly status: number;
  readonly items: number;
  readonly latencyMs: number;
  readonly verdict: Verdict | undefined;
  /** Absent where the request succeeded. */
  readonly reason: FailureReason | undefined;
  /** True where the answer came from the cache. */
  readonly cached: boolean;
}

/** Published on `galerkin:serve:batch` after every execution: how large, why just then, and how long its oldest request waited. */
export interface BatchEvent extends BatchRecord {
  readonly model: string;
  readonly version: string;
}

/** Published on `galerkin:serve:fault` when an instance fails; the only place where inner reasons go. */
export interface FaultEvent {
  readonly model: string;
  readonly what: string;
  readonly reason: string;
}

export const requestChannel = channel<RequestEvent>('serve:request');
export const batchChannel = channel<BatchEvent>('serve:batch');
export const faultChannel = channel<FaultEvent>('serve:fault');
