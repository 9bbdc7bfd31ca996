// What the candidate is held against once the stable version answers no more, as after a switch: what the stable one was like last.
import { z } from 'zod';
import { addEntry, meanState, weightedMean } from './mean-state.js';
import { shareBand } from './proportion-band.js';
import type { WeightedMean } from './t-mixture.js';

const number = z.number().default(0);

/** Answers of the candidate in a row, before the stable version counts as gone. */
const longestRun = 100;
/** Values of the stable version that are remembered, as an exponentially weighted mean of this length. */
const memoryLength = 64;
/** Candidate's values in an entry. */
const portion = 8;
/** Standard errors of what is remembered that count in the candidate's favour: it is one figure, not a contemporary. */
const favour = 3;

export const afterMeanState = z.strictObject({
  run: number,
  known: number,
  mean: number,
  variance: number,
  count: number,
  sum: number,
  entries: meanState.prefault({}),
});
export type AfterMeanState = z.infer<typeof afterMeanState>;

export function rememberStable(state: AfterMeanState, value: number): void {
  state.run = 0;
  state.count = 0;
  state.sum = 0;
  state.known += 1;
  const weight = Math.max(1 / memoryLength, 1 / state.known);
  const distance = value - state.mean;
  state.mean += weight * distance;
  state.variance = (1 - weight) * (state.variance + weight * distance * distance);
}

/** Holds a candidate's value against what is remembered and `margin` more: before and after is weaker proof than side by side. */
export function addAfter(state: AfterMeanState, value: number, margin: number): void {
  state.run += 1;
  if (state.run <= longestRun || state.known < memoryLength) return;
  state.count += 1;
  state.sum += value;
  if (state.count < portion) return;
  const allowed = state.mean + margin + favour * Math.sqrt(state.variance / (memoryLength / 2));
  addEntry(state.entries, state.sum / state.count - allowed, state.count);
  state.count = 0;
  state.sum = 0;
}

/** The excess over what was allowed; undefined while the stable version answers too. */
export const afterMean = ({ run, entries }: AfterMeanState): WeightedMean | undefined =>
  run > longestRun && entries.entries >= 2 ? weightedMean(entries) : undefined;

export const afterShareState = z.strictObject({
  run: number,
  count: number,
  hits: number,
  openCount: number,
  openHits: number,
});
export type AfterShareState = z.infer<typeof afterShareState>;

export interface StableShare {
  readonly count: number;
  readonly hits: number;
  readonly margin: number;
}

/** Of the band for the stable version's share, which stands for the null hypothesis. */
const bandLevel = 0.001;

/**
 * ln of the evidence that the candidate's share is over the largest that the stable one may have had, and the margin: a likelihood
 * ratio with a bet from earlier portions. 0 until a portion is full.
 */
export function addAfterShare(state: AfterShareState, value: number, stable: StableShare): number {
  state.run += 1;
  if (state.run <= longestRun || stable.count < memoryLength) return 0;
  state.openCount += 1;
  state.openHits += value;
  if (state.openCount < portion) return 0;
  const most = Math.min(1 - 1e-9, shareBand(stable.hits, stable.count, bandLevel).upper + stable.margin);
  const bet = (state.hits + 0.18) / (state.count + 0.36);
  const misses = state.openCount - state.openHits;
  const gained = state.openHits * Math.log(bet / most) + misses * Math.log((1 - bet) / (1 - most));
  const isBet = state.count > 0 && bet > most;
  state.count += state.openCount;
  state.hits += state.openHits;
  state.openCount = 0;
  state.openHits = 0;
  return isBet ? gained : 0;
}

export function stableAgain(state: AfterShareState): void {
  state.run = 0;
  state.openCount = 0;
  state.openHits = 0;
}

/** The candidate's share since; undefined while the stable version answers too. */
export const afterShare = ({ run, count, hits }: AfterShareState): number | undefined =>
  run > longestRun && count > 0 ? hits / count : undefined;
