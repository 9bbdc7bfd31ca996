// The goal: what better means, which targets hold, and the choice among finalists.
import type { Deviation } from '../deviation.js';
import { compareScores, type Score } from './halving.js';
import type { Figures } from './trial.js';
import type { OptimizationStrategy, WorkloadProfile } from './workload.js';

export interface Facts {
  readonly figures: Figures;
  /** Of the model's file. */
  readonly bytes: number;
  /** Growth of memory by all instances; undefined where it was not measured. */
  readonly memoryBytes: number | undefined;
}

export interface Target {
  readonly name: 'latency' | 'throughput' | 'memory';
  readonly unit: 'ms' | 'items/s' | 'bytes';
  readonly wanted: number;
  readonly got: number;
  readonly isMet: boolean;
}

/** Every target of the workload, held against what was measured: p95 for latency. */
export function targetsOf({ figures, memoryBytes }: Omit<Facts, 'bytes'>, workload: WorkloadProfile): Target[] {
  const { targetLatencyMs, targetThroughput, memoryBytes: bound } = workload;
  const most = (name: Target['name'], unit: Target['unit'], wanted: number, got: number): Target => ({
    name,
    unit,
    wanted,
    got,
    isMet: got <= wanted,
  });
  return [
    ...(targetLatencyMs === undefined ? [] : [most('latency', 'ms', targetLatencyMs, figures.p95Ms)]),
    ...(targetThroughput === undefined
      ? []
      : [
          {
            name: 'throughput' as const,
            unit: 'items/s' as const,
            wanted: targetThroughput,
            got: figures.itemsPerSecond,
            isMet: figures.itemsPerSecond >= targetThroughput,
          },
        ]),
    // Memory that could not be measured is not within a bound.
    ...(bound === undefined ? [] : [most('memory', 'bytes', bound, memoryBytes ?? Number.NaN)]),
  ];
}

/** Runs from which on the median and p95 are to be trusted; of fewer, lower quantiles tell more. */
const manyRuns = 40;

/** By what part the targets are missed, together. */
function missedBy({ figures, memoryBytes }: Facts, workload: WorkloadProfile): number {
  const { targetLatencyMs = Infinity, targetThroughput = 0, memoryBytes: bound = Infinity } = workload;
  const latency = figures.runs < manyRuns ? figures.p50Ms : figures.p95Ms;
  return (
    Math.max(0, latency / targetLatencyMs - 1) +
    Math.max(0, targetThroughput / figures.itemsPerSecond - 1) +
    Math.max(0, (memoryBytes ?? 0) / bound - 1)
  );
}

const timeOf = ({ runs, p25Ms, p50Ms }: Figures): number => (runs < manyRuns ? p25Ms : p50Ms);

function primary({ figures, bytes, memoryBytes }: Facts, strategy: OptimizationStrategy): number {
  if (strategy === 'throughput') return -figures.itemsPerSecond;
  if (strategy === 'memory') return memoryBytes ?? Number.NaN;
  return strategy === 'size' ? bytes : timeOf(figures);
}

/** First by what part targets are missed, then what the strategy asks for, then the time of a run. */
export const scoreOf = (facts: Facts, strategy: OptimizationStrategy, workload: WorkloadProfile): Score => [
  missedBy(facts, workload),
  primary(facts, strategy),
  timeOf(facts.figures),
];

export interface Finalist extends Facts {
  readonly deviation: Deviation;
  readonly cores: number;
}

/** Figures nearer to each other than this part are taken for equal: timings of one thing differ by as much, sizes do not. */
export const noiseOf: Readonly<Record<OptimizationStrategy, number>> = {
  latency: 0.05,
  throughput: 0.05,
  memory: 0.05,
  size: 0,
};

/**
 * The best of the finalists that meet all targets, else of all. Among those as good as the best but for noise: the one whose answers are
 * nearest to the original's, then the one on fewest cores. So a compression that gains nothing is not taken.
 */
export function chooseAmong<F extends Finalist>(
  finalists: readonly F[],
  { strategy, workload }: { readonly strategy: OptimizationStrategy; readonly workload: WorkloadProfile },
): F | undefined {
  const meets = (one: F): boolean => targetsOf(one, workload).every(({ isMet }) => isMet);
  const able = finalists.filter(meets);
  const pool = able.length > 0 ? able : finalists;
  const ranked = pool.toSorted((a, b) => compareScores(scoreOf(a, strategy, workload), scoreOf(b, strategy, workload)));
  const [best] = ranked;
  if (best === undefined || able.length === 0) return best;
  const [least, limit] = [primary(best, strategy), noiseOf[strategy] * Math.abs(primary(best, strategy))];
  const equals = ranked.filter(one => primary(one, strategy) - least <= limit);
  return equals.toSorted((a, b) =>
    compareScores([a.deviation.relativeL2, a.cores, a.bytes], [b.deviation.relativeL2, b.cores, b.bytes]),
  )[0];
}
