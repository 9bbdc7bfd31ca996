// A model made smaller and faster under a budget of error: compressed, reordered, tuned, and measured on this machine.

export {
  type BudgetedCompression,
  type BudgetOptions,
  compressUnderBudget,
  standardMethods,
} from './budget/compress-under-budget.js';
export type { Method } from './budget/method.js';
export type { Budget, Judge, Measured } from './budget/reference.js';
export type { Speed, Trial as CompressionTrial } from './budget/trial.js';
export { type BlockDiagonalOptions, blockDiagonal } from './codesign/block-diagonal.js';
export { codesign } from './codesign/codesign.js';
export { type CodesignMetrics, codesignMetrics } from './codesign/codesign-metrics.js';
export { type CodesignOptions, codesignOptions } from './codesign/codesign-options.js';
export type { CodesignCandidate, CodesignResult, LayoutKind } from './codesign/codesign-result.js';
export {
  type CompressCorrelationsOptions,
  type CompressedCorrelation,
  compressCorrelations,
  compressCorrelationsOptions,
  expandCorrelation,
} from './codesign/compress-correlations.js';
export {
  decodeCompressedCorrelations,
  encodeCompressedCorrelations,
  type NamedCompressedCorrelation,
} from './codesign/compressed-correlation-file.js';
export type { Correlation } from './codesign/correlation.js';
export { type CorrelationCache, type CorrelationCacheOptions, correlationCache } from './codesign/correlation-cache.js';
export { decodeCorrelations, encodeCorrelations } from './codesign/correlation-file.js';
export { type CodesignFormat, diagonalBlocks, keptBlocks, keptOf, scaledBlocks } from './codesign/formats.js';
export {
  applyPermutationFile,
  decodePermutations,
  encodePermutations,
  type PermutationFile,
} from './codesign/permutation-file.js';
export { applyPermutations, type PermutedStream } from './codesign/permute.js';
export { findStreams, type Stream, understoodOperators } from './codesign/streams.js';
export type { Compressed, CompressionReport } from './compressed.js';
export { type Deviation, deviationOf } from './deviation.js';
export { answersOf, type Feeds } from './feeds.js';
export { type Candidate, type MeasureOptions, measureInTurns, quantile, type Timing, timingOf } from './measure.js';
export type { SizedFeeds } from './predict/observation.js';
export {
  PerformancePredictor,
  type PredictedOperator,
  type Prediction,
  type PredictorOptions,
} from './predict/predictor.js';
export { type FineTune, pruneGradually } from './prune/gradual.js';
export { applyMasks, type Masks } from './prune/masks.js';
export { prune } from './prune/prune.js';
export type { Pruned, PruneOptions } from './prune/prune-options.js';
export { type BlockOptions, quantizeBlocks } from './quantize/blocks.js';
export {
  type CalibrationOptions,
  type CalibrationTable,
  calibrate,
  type Range,
} from './quantize/calibrate.js';
export { type DynamicOptions, quantizeDynamic } from './quantize/dynamic.js';
export { type HalfOptions, storeHalf } from './quantize/half.js';
export { type Processor, processorOf, thisProcessor } from './quantize/processor.js';
export { quantizeStatic, type StaticOptions } from './quantize/static.js';
export { shownBytes, shownRate, shownShare, shownTime } from './report/figures.js';
export { htmlReport } from './report/html.js';
export type { NodeCounts, OperatorTime } from './report/operators.js';
export type { TrialFacts, TuneReport, VariantFacts } from './report/tune-report.js';
export type { Target } from './tune/goal.js';
export {
  compareScores,
  type Halved,
  type HalvingOptions,
  type Rung,
  type Score,
  successiveHalving,
} from './tune/halving.js';
export { type TuneHooks, type TuneOptions, tuneOptions } from './tune/options.js';
export {
  HybridPerformancePlatform,
  type ModelPlace,
  OptimizedModel,
  type OptimizeModelOptions,
} from './tune/platform.js';
export type { Published } from './tune/publish.js';
export type { Settings } from './tune/trial.js';
export {
  type OptimizationStrategy,
  type WorkloadProfile,
  type WorkloadProfileInput,
  workloadProfile,
} from './tune/workload.js';
