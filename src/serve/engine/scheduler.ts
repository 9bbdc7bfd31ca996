// How the requests of one model version reach its instances: a scheduler orders, joins or refuses them.
import type { Computed, Job, Tensors } from '../backends/backend.js';
import type { SequenceTerms, Terms } from './terms.js';

/** When a request passed which stage, by the engine's monotonic clock; written on the way, 0 where it has not been. */
export interface StageTimes {
  queuedMs: number;
  startedMs: number;
  inputDoneMs: number;
  inferredMs: number;
  doneMs: number;
  /** Items of the batch that it was computed in; 0 before that. */
  batchItems: number;
}

export const newStageTimes = (nowMs: number): StageTimes => ({
  queuedMs: nowMs,
  startedMs: 0,
  inputDoneMs: 0,
  inferredMs: 0,
  doneMs: 0,
  batchItems: 0,
});

/** A request on its way to an instance. */
export interface Work {
  readonly inputs: Tensors;
  /** With outputs given, only the guard runs, on these. Such work is never joined with other work. */
  readonly outputs?: Tensors;
  /** Items along the batch axis; 1 for a model without one. */
  readonly items: number;
  /** Of its inputs, for bounds on memory. */
  readonly bytes: number;
  readonly guard: Job['guard'];
  readonly terms: Terms;
  readonly times: StageTimes;
}

export interface Scheduler {
  /** @throws QUEUE_FULL, QUEUE_TIMEOUT, REQUEST_CANCELLED, MODEL_STOPPING while stopping, and what the instances throw. */
  run(work: Work): Promise<Computed>;
  /** Requests that wait and have not begun. */
  readonly pending: number;
  /** True while at least one instance lives. */
  isReady(): boolean;
  /** Of a model that answers sequences: whether that sequence is under way here. */
  holds?(sequence: SequenceTerms): boolean;
  /** Takes no more, finishes what waits and runs within the time given, then ends the instances. */
  close(drainTimeoutMs: number): Promise<void>;
  /** For people: what it did and decided. */
  report?(): object;
}
