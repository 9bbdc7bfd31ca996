// Which fields train, which test, which calibrate: three ranges of one data set that never touch.
import { GalerkinError, invariant } from '../base/index.js';
import type { DataSet } from './data-set.js';

export interface FieldRange {
  readonly first: number;
  readonly count: number;
}

export interface Split {
  readonly train: FieldRange;
  readonly test: FieldRange;
  readonly calibration: FieldRange;
}

export interface SplitCounts {
  readonly train: number;
  readonly test: number;
  readonly calibration: number;
}

/** Ranges in the order train, test, calibration. Throws DATA_TOO_SMALL if the data set has fewer fields. */
export function splitFields({ count }: { readonly count: number }, counts: SplitCounts): Split {
  const wanted = counts.train + counts.test + counts.calibration;
  if (wanted > count) throw new GalerkinError('DATA_TOO_SMALL', { wanted, got: count });
  const train = { first: 0, count: counts.train };
  const test = { first: counts.train, count: counts.test };
  const calibration = { first: counts.train + counts.test, count: counts.calibration };
  assertDisjoint([train, test, calibration]);
  return { train, test, calibration };
}

/** Throws BUG if two ranges share a field: a test error over training fields would be worth nothing. */
export function assertDisjoint(ranges: readonly FieldRange[]): void {
  const sorted = ranges.toSorted((a, b) => a.first - b.first);
  sorted.forEach(({ first }, k) => {
    const before = sorted[k - 1];
    invariant(before === undefined || before.first + before.count <= first, 'training and held-out fields overlap');
  });
}

/** Inputs and outputs of a range, as views. */
export function fieldsIn({ inputs, outputs, n }: DataSet, { first, count }: FieldRange) {
  const [from, to] = [first * n * n, (first + count) * n * n];
  return { inputs: inputs.subarray(from, to), outputs: outputs.subarray(from, to) };
}
