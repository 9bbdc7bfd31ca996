// The space of settings: how sessions can be placed on the cores, in which batches, at which level of the runtime's optimizations.

import { graphLevels, type Settings } from './trial.js';
import type { OptimizationStrategy, WorkloadProfile } from './workload.js';

export interface SpaceTerms {
  readonly cores: number;
  /** 0: the model has no batch axis. */
  readonly maxBatch: number;
  readonly strategy: OptimizationStrategy;
  readonly workload: WorkloadProfile;
}

/** 1, 2, 4 … and `most`. */
function doublings(most: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
}

/** Batch sizes that the model can take; 1 where it has no batch axis. */
export function batchesOf({ maxBatch, workload }: Pick<SpaceTerms, 'maxBatch' | 'workload'>): number[] {
  const sizes = [...new Set(workload.batchSizes)].filter(size => size <= Math.max(1, maxBatch));
  return sizes.length === 0 ? [Math.max(1, maxBatch)] : sizes.toSorted((a, b) => a - b);
}

/** More instances than requests at once would idle; when throughput is wanted, requests are taken to be at hand. */
const mostInstances = ({ cores, strategy, workload }: SpaceTerms): number =>
  strategy === 'throughput' ? cores : Math.min(cores, workload.concurrency);

/** Where the variants race each other: as they would be placed if nobody tuned. */
export function firstSettings(terms: SpaceTerms): Settings[] {
  const batches = batchesOf(terms);
  const isThroughput = terms.strategy === 'throughput';
  const batch = (isThroughput ? batches.at(-1) : batches[0]) ?? 1;
  const placement = isThroughput ? { threads: 1, instances: terms.cores } : { threads: terms.cores, instances: 1 };
  return graphLevels.map(graphLevel => ({ graphLevel, ...placement, batch }));
}

/** All placements and batches for one level: threads x instances is at most the cores. */
export function furtherSettings(terms: SpaceTerms, graphLevel: Settings['graphLevel']): Settings[] {
  const { cores } = terms;
  return doublings(mostInstances(terms)).flatMap(instances =>
    doublings(Math.max(1, Math.floor(cores / instances))).flatMap(threads =>
      batchesOf(terms).map(batch => ({ graphLevel, threads, instances, batch })),
    ),
  );
}
