// What a scheduler is made of: the model, time, what counts its executions, its bounds, and how its instances are opened.
import type { Clock, Timers } from '../../base/index.js';
import type { Pool, Source } from '../engine/pool.js';
import type { ServedModel } from '../engine/served-model.js';
import type { ExecutedBatch } from '../statistics/executions.js';

export interface SchedulerParts {
  readonly served: ServedModel;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly statistics: { execute(batch: ExecutedBatch): void };
  /** Requests that may wait, whatever the queue policies allow. */
  readonly maxQueue: number;
  /** Bytes of inputs that may wait; without it, any number. */
  readonly maxQueueBytes?: number;
  /** Longest wait in milliseconds, whatever the queue policies allow; without it, none. */
  readonly maxWaitMs?: number;
  /** Instances of the pool; with them known, batches that could still grow are not given to instances that are busy. */
  readonly instances?: number;
  openPool(source: Source): Promise<Pool>;
}
