// The schedulers that a configuration can ask for: dynamic batching with all its terms, or one request after another.
import { GalerkinError } from '../../base/index.js';
import type { ModelConfig } from '../../model/index.js';
import type { ServedModel } from '../engine/served-model.js';
import { adaptiveBatchSizer } from './adaptive-batch-sizer.js';
import { type BatchingScheduler, openBatcher } from './batcher.js';
import { bucketPlan } from './bucket-plan.js';
import type { BatchLimits } from './choose-batch.js';
import type { SchedulerParts } from './parts.js';
import { type DynamicBatchingConfig, plainQueue, queuePlan } from './queue-policy.js';

/** How far a batch of one bucket looks past requests of others; the first request in the queue is never passed over. */
const bucketLookAhead = 64;

export interface DynamicBatcherParts extends SchedulerParts {
  /** The model's: `buckets`, `mask_input`, `bucket_axes`, `bucket_padding`, `target_latency_ms`. */
  readonly parameters?: ModelConfig['parameters'];
  /** Jobs that one instance holds at once; more than 1 make requests wait inside it, which a latency target reckons with. */
  readonly depth?: number;
}

function unservable(model: ServedModel, why: string): GalerkinError<'MODEL_UNSERVABLE'> {
  return new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why });
}

function limitsOf(config: DynamicBatchingConfig, maxItems: number): BatchLimits {
  const sizes = config.preferred_batch_size.length > 0 ? config.preferred_batch_size : [maxItems];
  return {
    maxItems,
    preferred: new Set(sizes),
    maxPreferred: Math.max(...sizes),
    delayMs: config.max_queue_delay_microseconds / 1000,
    lookAhead: 0,
  };
}

function targetOf(model: ServedModel, parameters: ModelConfig['parameters']): number | undefined {
  const key = 'target_latency_ms';
  const text = Object.hasOwn(parameters, key) ? (parameters[key]?.string_value ?? '') : '';
  if (text === '') return undefined;
  const targetMs = Number(text);
  if (Number.isFinite(targetMs) && targetMs > 0) return targetMs;
  throw unservable(model, `parameter '${key}': wanted milliseconds above 0, got '${text}'`);
}

/**
 * Opens a model with dynamic batching as Triton does it: requests are joined in the order of their priority and arrival.
 * @throws MODEL_UNSERVABLE if the configuration asks for what does not go together, and what opening the instances throws.
 */
export async function dynamicBatcher(
  config: DynamicBatchingConfig,
  parts: DynamicBatcherParts,
): Promise<BatchingScheduler> {
  const { served, parameters = {}, depth = 1 } = parts;
  if (served.maxBatchSize < 1) throw unservable(served, 'dynamic_batching wants a max_batch_size of at least 1');
  if (config.preserve_ordering && config.priority_levels > 1)
    throw unservable(served, 'preserve_ordering wants at most one priority level: priorities change the order');
  const buckets = bucketPlan(served, parameters);
  const limits = limitsOf(config, served.maxBatchSize);
  if (buckets !== undefined) limits.lookAhead = bucketLookAhead;
  const targetMs = targetOf(served, parameters);
  const sizer =
    targetMs === undefined
      ? undefined
      : adaptiveBatchSizer({ targetMs, maxBatchSize: served.maxBatchSize, depth, maxDelayMs: limits.delayMs });
  if (sizer !== undefined) {
    limits.preferred = new Set();
    limits.maxItems = sizer.batchSize;
    limits.maxPreferred = sizer.batchSize;
    limits.delayMs = sizer.delayMs;
  }
  return openBatcher(
    { queue: queuePlan(config), limits, buckets, preservesOrder: config.preserve_ordering, sizer },
    parts,
  );
}

/** Opens a model that takes one request at a time, first come, first served; a request's own timeout holds. */
export function directScheduler(parts: SchedulerParts): Promise<BatchingScheduler> {
  const limits: BatchLimits = { maxItems: 0, preferred: new Set(), maxPreferred: 0, delayMs: 0, lookAhead: 0 };
  return openBatcher({ queue: plainQueue, limits, buckets: undefined, preservesOrder: false, sizer: undefined }, parts);
}
