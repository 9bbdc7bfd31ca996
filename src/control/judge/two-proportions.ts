// Evidence about two shares, such as of failures, block by block: the likelihood ratio to the nearest member of the null hypothesis.
import { z } from 'zod';
import type { Block } from './arms.js';

const number = z.number().default(0);
/** Bets that the evidence is spread over. */
const bettors = 3;

export const proportionsState = z.strictObject({
  stableCount: number,
  stableHits: number,
  candidateCount: number,
  candidateHits: number,
  logEvidence: number,
  /** Parts of the evidence that lie on each bet. */
  parts: z
    .array(z.number().positive())
    .length(bettors)
    .default(() => Array.from({ length: bettors }, () => 1 / bettors)),
});
export type ProportionsState = z.infer<typeof proportionsState>;

export interface ProportionsClaim {
  /** Null hypothesis: candidate - stable <= gap ('above' is to be shown), or >= gap ('below' is to be shown). */
  readonly show: 'above' | 'below';
  readonly gap: number;
  /** Guess of the stable share: bets start from it. */
  readonly usual: number;
}

/** Weight of the prior guess in the running estimates of the bet that learns (Turner, Ly and Grünwald 2024 advise 0.18). */
const pseudo = 0.18;
/** Samples that the guess of the stable share is worth to the bets that do not. */
const guessWorth = 30;
const logLimit = 600;
/** Of the evidence, dealt out anew after each block, so that no bet is out for good. */
const dealtAnew = 1e-4;
const highest = 0.999;
/** Odds of the candidate's share over those of the stable one, in bets on 'below'. */
const withGap = [1, 1 / 4];
const withoutGap = [1 / 2, 1 / 6];

const estimate = (hits: number, count: number): number => (hits + pseudo) / (count + 2 * pseudo);
const timesOdds = (share: number, factor: number): number => (factor * share) / (1 + (factor - 1) * share);

/**
 * The candidate's share under a bet that does not learn it. Above: 0.35 standard deviations of a sample more than the stable
 * share, or 5 points. Below: the same or a quarter of its odds where there is a gap, and a half or a sixth where there is none.
 */
function supposed(of: number, stable: number, { show, gap }: ProportionsClaim): number {
  if (show === 'below') return timesOdds(stable, (gap > 0 ? withGap : withoutGap)[of]);
  return Math.min(highest, stable + gap + (of === 0 ? 0.35 * Math.sqrt(stable * (1 - stable)) : 0.05));
}

/**
 * Multiplies the evidence by that of a block. Bets are made from earlier blocks only, and for each the null hypothesis is
 * represented by its member nearest to the bet in Kullback-Leibler divergence (for the block's counts), which makes the ratio an
 * e-variable for every member (Turner, Ly and Grünwald, arXiv 2106.02693 and 2203.09785). One bet learns both shares, which
 * takes it long where they are small; the others learn the stable one only, and suppose a difference. A mean of e-variables
 * with weights that are known before is one. Shares may drift between blocks and the arms may be of any size. O(1).
 */
export function addProportions(state: ProportionsState, block: Block, claim: ProportionsClaim): void {
  const { parts } = state;
  const guessed = (state.stableHits + guessWorth * claim.usual) / (state.stableCount + guessWorth);
  let sum = 0;
  for (let k = 0; k < bettors; k++) {
    const learns = k === bettors - 1;
    const stable = learns ? estimate(state.stableHits, state.stableCount) : guessed;
    const candidate = learns ? estimate(state.candidateHits, state.candidateCount) : supposed(k, guessed, claim);
    parts[k] *= Math.exp(gained({ stable, candidate }, block, claim));
    sum += parts[k];
  }
  for (let k = 0; k < bettors; k++) parts[k] = (1 - dealtAnew) * (parts[k] / sum) + dealtAnew / bettors;
  state.logEvidence = Math.max(-logLimit, Math.min(logLimit, state.logEvidence + Math.log(sum)));
  state.stableCount += block.stableCount;
  state.stableHits += block.stableSum;
  state.candidateCount += block.candidateCount;
  state.candidateHits += block.candidateSum;
}

interface Bet {
  readonly stable: number;
  readonly candidate: number;
}

/** ln of a block's likelihood under a bet over that under the nearest null hypothesis; 0 where the bet is one itself. */
function gained({ stable, candidate }: Bet, block: Block, { show, gap }: ProportionsClaim): number {
  if (show === 'above' ? candidate - stable <= gap : candidate - stable >= gap) return 0;
  const near = nearest({ stable, candidate }, block, gap);
  const log =
    gain(block.stableSum, block.stableCount, stable, near) +
    gain(block.candidateSum, block.candidateCount, candidate, near + gap);
  return Math.max(-logLimit, Math.min(logLimit, log));
}

/** ln of the likelihood ratio of `hits` of `count` between two shares. */
function gain(hits: number, count: number, bet: number, null_: number): number {
  let sum = 0;
  if (hits > 0) sum += hits * Math.log(bet / null_);
  if (hits < count) sum += (count - hits) * Math.log((1 - bet) / (1 - null_));
  return sum;
}

/** The stable share p for which (p, p + gap) is nearest to the bet: where the divergence's derivative, which rises, is zero. */
function nearest({ stable, candidate }: Bet, { stableCount, candidateCount }: Block, gap: number): number {
  if (gap === 0) return (stableCount * stable + candidateCount * candidate) / (stableCount + candidateCount);
  let low = Math.max(1e-12, -gap, Math.min(stable, candidate - gap));
  let high = Math.min(1 - 1e-12, 1 - gap, Math.max(stable, candidate - gap));
  for (let step = 0; step < 26; step++) {
    const p = (low + high) / 2;
    const q = p + gap;
    const slope = (stableCount * (p - stable)) / (p * (1 - p)) + (candidateCount * (q - candidate)) / (q * (1 - q));
    if (slope < 0) low = p;
    else high = p;
  }
  return (low + high) / 2;
}
