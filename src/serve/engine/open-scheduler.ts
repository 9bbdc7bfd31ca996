// Which scheduler a model's configuration asks for.
import type { ModelConfig } from '../../model/index.js';
import { directScheduler, dynamicBatcher } from '../batching/dynamic-batcher.js';
import type { SchedulerParts } from '../batching/parts.js';
import type { Scheduler } from './scheduler.js';

/** @throws MODEL_UNSERVABLE if the configuration asks for what does not go together, and what opening instances throws. */
export function openScheduler(config: ModelConfig, parts: SchedulerParts): Promise<Scheduler> {
  const { dynamic_batching: batching, parameters } = config;
  if (batching === undefined || config.max_batch_size === 0) return directScheduler(parts);
  return dynamicBatcher(batching, { ...parts, parameters });
}
