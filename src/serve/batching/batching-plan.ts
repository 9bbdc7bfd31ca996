// How a scheduler orders and joins requests: what a configuration comes down to.
import type { AdaptiveBatchSizer } from './adaptive-batch-sizer.js';
import type { BucketPlan } from './bucket-plan.js';
import type { BatchLimits } from './choose-batch.js';
import type { QueuePlan } from './queue-policy.js';

export interface BatchingPlan {
  readonly queue: QueuePlan;
  readonly limits: BatchLimits;
  readonly buckets: BucketPlan | undefined;
  readonly preservesOrder: boolean;
  readonly sizer: AdaptiveBatchSizer | undefined;
}
