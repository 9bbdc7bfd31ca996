// Failures by reason, in Triton's four words, and which error is which.
import { type ErrorCode, isGalerkinError } from '../../base/index.js';
import { DurationTotal } from './durations.js';

/** REJECTED: never begun (queue full, waited too long). CANCELED: nobody wanted it any more. BACKEND: broke while computing. */
export const failureReasons = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;
export type FailureReason = (typeof failureReasons)[number];

const reasons: Partial<Record<ErrorCode, FailureReason>> = {
  QUEUE_FULL: 'REJECTED',
  QUEUE_TIMEOUT: 'REJECTED',
  OVERLOADED: 'REJECTED',
  CIRCUIT_OPEN: 'REJECTED',
  MODEL_NOT_READY: 'REJECTED',
  MODEL_STOPPING: 'REJECTED',
  REQUEST_CANCELLED: 'CANCELED',
  INFERENCE_TIMEOUT: 'BACKEND',
  INFERENCE_FAILED: 'BACKEND',
  INSTANCE_DIED: 'BACKEND',
  FALLBACK_FAILED: 'BACKEND',
};

/** What is not listed is OTHER: a request that cannot be read, an answer that the guard refuses, a fault of the server. */
export const failureReasonOf = (error: unknown): FailureReason =>
  isGalerkinError(error) ? (reasons[error.code] ?? 'OTHER') : 'OTHER';

export class FailureTotals {
  readonly all = new DurationTotal();
  private readonly counts: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };

  add(reason: FailureReason, ns: number): void {
    this.all.add(ns);
    this.counts[reason]++;
  }

  of(reason: FailureReason): number {
    return this.counts[reason];
  }

  report(): Readonly<Record<FailureReason, number>> {
    return { ...this.counts };
  }
}
