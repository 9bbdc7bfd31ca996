// The report of a tuning as data: what was tried, what was chosen and why, what was refused, with every figure. One line of JSON holds it.
import type { CompressionReport } from '../compressed.js';
import type { Accuracy } from '../tune/accuracy.js';
import type { Target } from '../tune/goal.js';
import type { RungFacts } from '../tune/race.js';
import type { Figures, Settings } from '../tune/trial.js';
import type { Refused } from '../tune/variants.js';
import type { OptimizationStrategy, WorkloadProfile } from '../tune/workload.js';
import type { NodeCounts, OperatorTime } from './operators.js';

export interface TrialFacts extends Figures {
  readonly id: string;
  /** Id of the variant. */
  readonly variant: string;
  readonly settings: Settings;
  /** Growth of memory by all instances, in a process of its own; absent where it was not measured. */
  readonly memoryBytes?: number;
  /** How far it came. Only the figures of the baseline, the chosen and other finalists were taken in turns. */
  readonly outcome: 'chosen' | 'finalist' | 'over memory' | 'slower';
}

export interface VariantFacts {
  readonly id: string;
  readonly label: string;
  readonly bytes: number;
  readonly nodes: number;
  readonly accuracy: Accuracy;
  readonly compression?: CompressionReport;
}

export interface TuneReport {
  readonly format: 1;
  readonly model: {
    readonly name: string;
    /** The version that was optimized; undefined for a file. */
    readonly version: number | undefined;
    readonly digest: string;
    readonly bytes: number;
    readonly nodes: number;
  };
  readonly machine: { readonly processor: string; readonly cores: number; readonly node: string };
  readonly strategy: OptimizationStrategy;
  readonly workload: WorkloadProfile;
  readonly timeLimitMs: number;
  readonly tookMs: number;
  readonly samples: {
    readonly origin: 'package' | 'file' | 'random';
    readonly count: number;
    readonly seed: number;
  };
  /** 'best': no target was set. */
  readonly status: 'met' | 'missed' | 'best';
  readonly targets: readonly Target[];
  /** The model as it is served today. */
  readonly baseline: TrialFacts;
  readonly chosen: TrialFacts;
  /** Why it was chosen, as a person would say it. */
  readonly reason: string;
  readonly variants: readonly VariantFacts[];
  readonly trials: readonly TrialFacts[];
  readonly refused: readonly Refused[];
  readonly rungs: readonly RungFacts[];
  /** Trials that time did not reach. */
  readonly unmeasured: readonly string[];
  readonly operators: { readonly before: readonly OperatorTime[]; readonly after: readonly OperatorTime[] };
  /** What our passes and the runtime's each take away. */
  readonly nodes: readonly NodeCounts[];
}
