// Mean and deviation of many fields at each node, averaged over the symmetries of the grid.
import type { NodeMap } from './symmetries.js';

export interface FieldStatistics {
  /** One value per node. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/**
 * Statistics of `count` fields that lie one after another in `fields`. The deviation is the root of the population
 * variance, and exactly 0 where all fields agree. Two passes in double precision.
 */
export function fieldStatistics(fields: Float32Array, count: number, symmetries: readonly NodeMap[]): FieldStatistics {
  const size = symmetries[0].length;
  const [sum, square] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < count * size; k++) sum[k % size] += fields[k];
  const mean = averaged(
    sum.map(value => value / count),
    symmetries,
  );
  for (let k = 0; k < count * size; k++) square[k % size] += (fields[k] - sum[k % size] / count) ** 2;
  const deviation = averaged(
    square.map(value => Math.sqrt(value / count)),
    symmetries,
  );
  return { mean: Float32Array.from(mean), deviation: Float32Array.from(deviation) };
}

function averaged(values: Float64Array, symmetries: readonly NodeMap[]): Float64Array {
  return values.map((_, node) => symmetries.reduce((total, map) => total + values[map[node]], 0) / symmetries.length);
}
