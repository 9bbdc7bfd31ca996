// Answers over HTTP: models from a repository behind KServe v2, each answer checked against the physics.
export type { Backend, Computed, Instance, InstanceOptions, Job, Tensors } from './backends/backend.js';
export { onnxruntimeBackend } from './backends/onnxruntime.js';
export { type ProcessBackendOptions, processBackend } from './backends/process.js';
export { type ChildHandler, serveChild } from './backends/serve-child.js';
export { type AdaptiveBatchSizer, adaptiveBatchSizer, type SizerReport } from './batching/adaptive-batch-sizer.js';
export type { BatchingReport } from './batching/batch-tally.js';
export type { BatchingScheduler } from './batching/batcher.js';
export { type DynamicBatcherParts, directScheduler, dynamicBatcher } from './batching/dynamic-batcher.js';
export type { SchedulerParts } from './batching/parts.js';
export {
  type ResourceLimiter,
  type ResourceUser,
  resourceLimiter,
} from './batching/resource-limiter.js';
export { type AskedModel, type CachedModel, cachedModel, cachedPackage } from './cache/cached-model.js';
export { type CacheConfig, openCache } from './cache/open-cache.js';
export { cacheOptions } from './cache/options.js';
export {
  type CacheReport,
  type FoundAnswer,
  type PredictionCache,
  type PredictionCacheOptions,
  predictionCache,
} from './cache/prediction-cache.js';
export { type GuardFigures, type GuardPolicy, guardPolicies, type Verdict } from './engine/guard-verdict.js';
export type { Execution, Pool, Source } from './engine/pool.js';
export type { Answer, Question } from './engine/question.js';
export { newStageTimes, type Scheduler, type StageTimes, type Work } from './engine/scheduler.js';
export { plainTerms, type Terms } from './engine/terms.js';
export type { ExtensionCall, ExtensionPage, ExtensionRoute, ServerExtension } from './extension.js';
export { checkPorts } from './listen.js';
export { type ServeConfig, type ServeOptions, serveOptions } from './options.js';
export type { Traffic } from './routing/traffic.js';
export { type Server, type Surroundings, serve } from './serve.js';
export { hostMetrics } from './statistics/host-metrics.js';
export { type MetricsOptions, type MetricsPage, writeMetrics } from './statistics/metrics-page.js';
export type { Measured } from './statistics/model-metrics.js';
export type { SecondOfWork } from './statistics/rates.js';
export {
  type BatchEvent,
  type BatchRecord,
  batchChannel,
  type ExecutedBatch,
  type FailureReason,
  type FaultEvent,
  type FlushReason,
  faultChannel,
  type Given,
  type ModelReport,
  type ModelStatistics,
  modelStatistics,
  type RequestEvent,
  requestChannel,
  type StatisticsOptions,
  type TritonStatistics,
} from './statistics/statistics.js';
