// Which scheduler a model's configuration asks for.
import type { ModelPackage } from '../../model/index.js';
import { directScheduler, dynamicBatcher } from '../batching/dynamic-batcher.js';
import { openSequences } from '../sequences/open-sequences.js';
import type { SequenceParts } from '../sequences/sequence-parts.js';
import type { Scheduler } from './scheduler.js';

/** @throws MODEL_UNSERVABLE if the configuration asks for what does not go together, and what opening instances throws. */
export function openScheduler(model: ModelPackage, parts: Omit<SequenceParts, 'lanes'>): Promise<Scheduler> {
  const { dynamic_batching: batching, sequence_batching: sequences, parameters, max_batch_size } = model.config;
  if (sequences !== undefined) return openSequences(model, parts);
  const whole = {
    ...parts,
    openPool: (source: Parameters<typeof parts.openPool>[0]) => parts.openPool(source, parts.instances),
  };
  if (batching === undefined || max_batch_size === 0) return directScheduler(whole);
  return dynamicBatcher(batching, { ...whole, parameters });
}
