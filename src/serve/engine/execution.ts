// How work reaches instances: a free one pulls the next execution from its source.
import type { Computed, Job } from '../backends/backend.js';

/** One job with what to do when it begins and ends. */
export interface Execution {
  readonly job: Job;
  /** Items of its batch. */
  readonly items: number;
  /** The job goes to an instance now; again if it is tried a second time. */
  started(): void;
  done(computed: Computed): void;
  failed(error: unknown): void;
}

/** Where free instances find work. */
export interface Source {
  /** The next job, or undefined when there is none to be begun now. */
  next(): Execution | undefined;
}

export interface Pool {
  /** Says that the source may have work. */
  wake(): void;
  /** Jobs that could begin now. */
  readonly free: number;
  /** Jobs that run. */
  readonly busy: number;
  /** True while at least one instance lives. */
  isReady(): boolean;
  /** Works until the source is empty or the time is over, then ends the instances. */
  close(drainTimeoutMs: number): Promise<void>;
}
