// A running weighted mean in constant space, with the variance of batches of 2, 4, 8 … entries, which tells noise that lasts from noise that does not.
import { z } from 'zod';
import type { WeightedMean } from './t-mixture.js';

const number = z.number().default(0);

const batchState = z.strictObject({
  /** The batch that is still open. */
  openInfo: number,
  openSum: number,
  isHalf: z.boolean().default(false),
  /** Closed ones. */
  count: number,
  info: number,
  sum: number,
  square: number,
});

export const meanState = z.strictObject({
  entries: number,
  info: number,
  sum: number,
  square: number,
  batches: z.array(batchState).max(16).default([]),
});
export type MeanState = z.infer<typeof meanState>;

/** Batches of up to 2^12 entries. */
const deepest = 12;
/** Of a level, before its variance is believed. */
const fewestBatches = 8;

/** Adds an entry of value d and variance s²/info. O(1) on average. */
export function addEntry(state: MeanState, value: number, info: number): void {
  state.entries += 1;
  state.info += info;
  state.sum += info * value;
  state.square += info * value * value;
  addToBatch(state, { info, sum: info * value, level: 0 });
}

interface Part {
  readonly info: number;
  readonly sum: number;
  readonly level: number;
}

function addToBatch(state: MeanState, { info, sum, level }: Part): void {
  if (level >= deepest) return;
  if (level === state.batches.length) state.batches.push(batchState.parse({}));
  const batch = state.batches[level];
  batch.openInfo += info;
  batch.openSum += sum;
  batch.isHalf = !batch.isHalf;
  if (batch.isHalf) return;
  const whole = { info: batch.openInfo, sum: batch.openSum, level: level + 1 };
  batch.count += 1;
  batch.info += whole.info;
  batch.sum += whole.sum;
  batch.square += (whole.sum * whole.sum) / whole.info;
  batch.openInfo = 0;
  batch.openSum = 0;
  addToBatch(state, whole);
}

/** Residual variance of one unit of information; the floor keeps figures that never change from dividing by zero. */
function varianceOf(count: number, info: number, sum: number, square: number): number {
  const mean = sum / info;
  const floor = (1e-7 * Math.abs(mean) + 1e-12) ** 2;
  return Math.max(floor, (square - sum * mean) / (count - 1));
}

/**
 * The mean, and the variance of one unit of information: the entries' own, or that of the batches where these scatter more than
 * independent entries would, less what chance does to so few of them.
 */
export function weightedMean(state: MeanState): WeightedMean {
  const { entries, info, sum, square } = state;
  if (entries < 2) return { entries, info, mean: entries === 0 ? 0 : sum / info, variance: 1 };
  const own = varianceOf(entries, info, sum, square);
  let variance = own;
  for (const batch of state.batches) {
    if (batch.count < fewestBatches) break;
    const seen = varianceOf(batch.count, batch.info, batch.sum, batch.square);
    variance = Math.max(variance, seen / (1 + Math.sqrt(2 / batch.count)));
  }
  return { entries, info, mean: sum / info, variance };
}
