// What happens, counted: metrics that cost nanoseconds to record, and the page that Prometheus reads.
export { negotiateFormat } from './accept.js';
export { Counter, Gauge } from './counter.js';
export {
  type Collector,
  Exposition,
  type ExpositionFormat,
  type MetricHead,
  type MetricType,
} from './exposition.js';
export { Family, type FamilyOptions, overflowValue } from './family.js';
export { Histogram } from './histogram.js';
export { escapeLabelValue, isLabelName, isMetricName, labelSet } from './labels.js';
export { type LogBucketOptions, type LogBuckets, logBuckets } from './log-buckets.js';
export { processMetrics } from './process-metrics.js';
export { type HistogramOptions, type MetricOptions, type MetricsRegistry, metricsRegistry } from './registry.js';
export type { PairedSample, RequestSample, SampleBatch } from './request-sample.js';
