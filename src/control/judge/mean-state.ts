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
  /** The last entry, and sums over neighbours for their correlation, weighted by the root of both informations. */
  lastValue: number,
  lastInfo: number,
  nearWeight: number,
  nearSum: number,
  nearProduct: number,
  batches: z.array(batchState).max(16).default([]),
});
export type MeanState = z.infer<typeof meanState>;

/** Batches of up to 2^12 entries. */
const deepest = 12;
/** Of a level, before its variance is believed. */
const fewestBatches = 8;
/** Entries, before their correlation is believed. */
const fewestNeighbours = 8;
const largestCorrelation = 0.98;
/** Standard errors that a correlation, and an excess of a variance, must be over chance: fewer cost power, more cost calibration (simulated). */
const correlationErrors = 1.4;
const varianceErrors = 1.5;

/** Adds an entry of value d and variance s²/info. O(1) on average. */
export function addEntry(state: MeanState, value: number, info: number): void {
  state.entries += 1;
  state.info += info;
  state.sum += info * value;
  state.square += info * value * value;
  if (state.lastInfo > 0) {
    const weight = Math.sqrt(info * state.lastInfo);
    state.nearWeight += weight;
    state.nearSum += weight * (value + state.lastValue);
    state.nearProduct += weight * value * state.lastValue;
  }
  state.lastValue = value;
  state.lastInfo = info;
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

/** Of neighbouring entries, freed of the bias of short series (Kendall 1954); 0 where it may be chance. */
function correlation({ entries, nearWeight, nearSum, nearProduct }: MeanState, mean: number, rss: number): number {
  if (entries < fewestNeighbours || rss <= 0) return 0;
  const seen = (nearProduct - mean * nearSum + mean * mean * nearWeight) / rss;
  const freed = (entries * seen + 1) / (entries - 3);
  return freed * Math.sqrt(entries) < correlationErrors ? 0 : Math.min(largestCorrelation, freed);
}

/**
 * The mean, the variance of one unit of information, and how many independent entries these are worth. Entries that lean on
 * their neighbours, or whose batches scatter more than independent ones would, less what chance does to so few batches, count
 * for less: by (1+r)/(1-r) as a first-order autoregression would, or by the batches' own excess, whichever is more.
 */
export function weightedMean(state: MeanState): WeightedMean {
  const { entries, info, sum, square } = state;
  const mean = entries === 0 ? 0 : sum / info;
  if (entries < 2) return { entries, info, mean, variance: 1 };
  const own = varianceOf(entries, info, sum, square);
  const r = correlation(state, mean, own * (entries - 1));
  let inflation = (1 + r) / (1 - r);
  for (const batch of state.batches) {
    if (batch.count < fewestBatches) break;
    const seen = varianceOf(batch.count, batch.info, batch.sum, batch.square) / own;
    inflation = Math.max(inflation, seen / (1 + varianceErrors * Math.sqrt(2 / batch.count)));
  }
  return { entries: entries / inflation, info, mean, variance: own * inflation };
}
