// Evidence about two shares, such as of failures, block by block: the likelihood ratio to the nearest member of the null hypothesis.
import { z } from 'zod';
import type { Block } from './arms.js';

const number = z.number().default(0);

export const proportionsState = z.strictObject({
  stableCount: number,
  stableHits: number,
  candidateCount: number,
  candidateHits: number,
  logEvidence: number,
});
export type ProportionsState = z.infer<typeof proportionsState>;

export interface ProportionsClaim {
  /** Null hypothesis: candidate - stable <= gap ('above' is to be shown), or >= gap ('below' is to be shown). */
  readonly show: 'above' | 'below';
  readonly gap: number;
}

/** Weight of the prior guess in the running estimates, which the bets are made from (Turner, Ly and Grünwald 2024 advise 0.18). */
const pseudo = 0.18;
const logLimit = 600;

const estimate = (hits: number, count: number): number => (hits + pseudo) / (count + 2 * pseudo);

/**
 * Multiplies the evidence by that of a block. The bet is made from earlier blocks only, and the null hypothesis is represented
 * by its member nearest to the bet in Kullback-Leibler divergence (for the block's counts), which makes the ratio an e-variable
 * for every member (Turner, Ly and Grünwald, arXiv 2106.02693 and 2203.09785). Shares may drift between blocks and the arms may
 * be of any size. O(1).
 */
export function addProportions(state: ProportionsState, block: Block, { show, gap }: ProportionsClaim): void {
  const stable = estimate(state.stableHits, state.stableCount);
  const candidate = estimate(state.candidateHits, state.candidateCount);
  const isBet = show === 'above' ? candidate - stable > gap : candidate - stable < gap;
  if (isBet) {
    const near = nearest({ stable, candidate, gap }, block);
    const gained =
      gain(block.stableSum, block.stableCount, stable, near) +
      gain(block.candidateSum, block.candidateCount, candidate, near + gap);
    state.logEvidence = Math.max(-logLimit, Math.min(logLimit, state.logEvidence + gained));
  }
  state.stableCount += block.stableCount;
  state.stableHits += block.stableSum;
  state.candidateCount += block.candidateCount;
  state.candidateHits += block.candidateSum;
}

/** ln of the likelihood ratio of `hits` of `count` between two shares. */
function gain(hits: number, count: number, bet: number, null_: number): number {
  let sum = 0;
  if (hits > 0) sum += hits * Math.log(bet / null_);
  if (hits < count) sum += (count - hits) * Math.log((1 - bet) / (1 - null_));
  return sum;
}

interface Bet {
  readonly stable: number;
  readonly candidate: number;
  readonly gap: number;
}

/** The stable share p for which (p, p + gap) is nearest to the bet: where the divergence's derivative, which rises, is zero. */
function nearest({ stable, candidate, gap }: Bet, { stableCount, candidateCount }: Block): number {
  if (gap === 0) return (stableCount * stable + candidateCount * candidate) / (stableCount + candidateCount);
  let low = Math.max(1e-12, -gap, Math.min(stable, candidate - gap));
  let high = Math.min(1 - 1e-12, 1 - gap, Math.max(stable, candidate - gap));
  for (let step = 0; step < 40; step++) {
    const p = (low + high) / 2;
    const q = p + gap;
    const slope = (stableCount * (p - stable)) / (p * (1 - p)) + (candidateCount * (q - candidate)) / (q * (1 - q));
    if (slope < 0) low = p;
    else high = p;
  }
  return (low + high) / 2;
}
