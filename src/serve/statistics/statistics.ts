// What the rest of serving uses of this folder.
export {
  type BatchEvent,
  batchChannel,
  type FaultEvent,
  faultChannel,
  type RequestEvent,
  requestChannel,
} from './channels.js';
export type { BatchRecord, ExecutedBatch, FlushReason } from './executions.js';
export type { FailureReason } from './failures.js';
export type { ModelReport } from './model-report.js';
export { type Given, type ModelStatistics, modelStatistics, type StatisticsOptions } from './model-statistics.js';
export type { TritonStatistics } from './triton.js';
