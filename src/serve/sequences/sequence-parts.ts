// What a sequence scheduler is made of besides its plan.
import type { SchedulerParts } from '../batching/parts.js';
import type { Pool, Source } from '../engine/pool.js';

export interface SequenceParts extends Omit<SchedulerParts, 'openPool'> {
  /** Of the model. */
  readonly instances: number;
  /** How many sets the instances fall into, each with sequences of its own: `instances`, or 1 where any instance may answer any request. */
  readonly lanes: number;
  /** Opens so many of the instances. */
  openPool(source: Source, instances: number): Promise<Pool>;
}
