// One budget of false alarms for all metrics: a capital of 1, bet on each metric's test; whoever multiplies it by 1/budget without cause is a once-in-1/budget event.
import { z } from 'zod';

export const capitalState = z.strictObject({
  /** Of each test; a share is worth the test's e-value. */
  shares: z.array(z.number().min(0)),
  isPlaced: z.boolean(),
});
export type CapitalState = z.infer<typeof capitalState>;

/** A test as the capital sees it. */
export interface Stake {
  readonly weight: number;
  readonly isMeasured: boolean;
  /** e-value. */
  readonly worth: number;
}

/** A share is never bought for less, so that one that has lost nearly all its worth does not become a lever. */
const leastWorth = 1e-6;

export function firstCapital(weights: readonly number[]): CapitalState {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return { shares: weights.map(weight => weight / all), isPlaced: false };
}

/**
 * Moves what lies on metrics that nobody measures to those that are measured, once, and takes in a metric that is first
 * measured after that, by selling an equal part of every share. Trading at the current worth keeps the whole a
 * supermartingale where no version is worse (each test being one), so that by Ville's inequality it ever reaches 1/budget with
 * a probability of at most the budget, whatever depends on what and however often one looks.
 */
export function placeCapital(state: CapitalState, stakes: readonly Stake[]): void {
  const weightOf = (is: (k: number) => boolean): number =>
    stakes.reduce((sum, { weight }, k) => (is(k) ? sum + weight : sum), 0);
  const held = (k: number): boolean => state.shares[k] > 0;
  if (!state.isPlaced) {
    const measured = weightOf(k => stakes[k].isMeasured);
    if (measured === 0) return;
    const idle = state.shares.reduce((sum, share, k) => (stakes[k].isMeasured ? sum : sum + share), 0);
    for (const [k, { weight, isMeasured, worth }] of stakes.entries()) {
      if (isMeasured) state.shares[k] += (idle * weight) / measured / Math.max(worth, leastWorth);
      else state.shares[k] = 0;
    }
    state.isPlaced = true;
    return;
  }
  for (const [k, { weight, isMeasured, worth }] of stakes.entries()) {
    if (!isMeasured || held(k)) continue;
    const part = weight / (weight + weightOf(held));
    const all = state.shares.reduce((sum, share, j) => sum + share * stakes[j].worth, 0);
    for (const j of stakes.keys()) state.shares[j] *= 1 - part;
    state.shares[k] = (part * all) / Math.max(worth, leastWorth);
  }
}
