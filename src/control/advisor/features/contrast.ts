// One figure of two arms, compared within short blocks of time: load, bursts and drift meet both arms of a block and cancel.
import { type Difference, unknownDifference } from './moments.js';

/** Share of the recent window's weight that a block keeps when the next one ends: a memory of about ten blocks. */
const kept = 0.9;
const fewBlocks = 5;

/** Of the block under way, for each arm. */
interface Block {
  number: number;
  stable: number;
  candidate: number;
  stableSum: number;
  candidateSum: number;
  squares: number;
}

/** Of blocks that have ended: weights and weighted differences, with their products with time for the trend. */
interface Sums {
  blocks: number;
  first: number;
  weight: number;
  difference: number;
  square: number;
  time: number;
  timeSquare: number;
  timeDifference: number;
  within: number;
  withinFreedom: number;
  recentWeight: number;
  recentWeightSquare: number;
  recentDifference: number;
}

const noBlock = (): Block => ({
  number: Number.NEGATIVE_INFINITY,
  stable: 0,
  candidate: 0,
  stableSum: 0,
  candidateSum: 0,
  squares: 0,
});

const noSums = (): Sums => ({
  blocks: 0,
  first: 0,
  weight: 0,
  difference: 0,
  square: 0,
  time: 0,
  timeSquare: 0,
  timeDifference: 0,
  within: 0,
  withinFreedom: 0,
  recentWeight: 0,
  recentWeightSquare: 0,
  recentDifference: 0,
});

/** Adds a block. One that only one arm has seen compares nothing, but says how much samples vary. */
function addBlock(sums: Sums, block: Block): void {
  const { stable: n, candidate: m, stableSum, candidateSum } = block;
  const explained = (n > 0 ? stableSum ** 2 / n : 0) + (m > 0 ? candidateSum ** 2 / m : 0);
  sums.within += Math.max(0, block.squares - explained);
  sums.withinFreedom += Math.max(0, n - 1) + Math.max(0, m - 1);
  if (n === 0 || m === 0) return;
  const weight = (n * m) / (n + m);
  const difference = candidateSum / m - stableSum / n;
  if (sums.blocks === 0) sums.first = block.number;
  const time = block.number - sums.first;
  sums.blocks++;
  sums.weight += weight;
  sums.difference += weight * difference;
  sums.square += weight * difference * difference;
  sums.time += weight * time;
  sums.timeSquare += weight * time * time;
  sums.timeDifference += weight * time * difference;
  sums.recentWeight = kept * sums.recentWeight + weight;
  sums.recentWeightSquare = kept * kept * sums.recentWeightSquare + weight;
  sums.recentDifference = kept * sums.recentDifference + weight * difference;
}

/** Per unit of weight: the larger of what samples within blocks and what blocks among themselves say, as bursts show only in the second. */
function varianceOf({ blocks, weight, difference, square, within, withinFreedom }: Sums): number {
  const inside = withinFreedom === 0 ? Number.NaN : within / withinFreedom;
  if (blocks < fewBlocks) return inside;
  const among = Math.max(0, square - difference ** 2 / weight) / (blocks - 1);
  return Number.isNaN(inside) ? among : Math.max(among, inside);
}

/**
 * Block b with n and m samples differs by d_b with weight w_b = n m / (n + m), so that its variance is σ² / w_b. Only sums over
 * blocks are kept: O(1) space, and O(1) time a sample.
 */
export class Contrast {
  readonly #block = noBlock();
  readonly #sums = noSums();

  /** `arm` 1 is the candidate. Values that are no numbers are passed over. `number` is that of a block of time. */
  hear(arm: 0 | 1, value: number, number: number): void {
    if (!Number.isFinite(value)) return;
    if (number !== this.#block.number) {
      addBlock(this.#sums, this.#block);
      Object.assign(this.#block, noBlock(), { number });
    }
    const block = this.#block;
    if (arm === 0) {
      block.stable++;
      block.stableSum += value;
    } else {
      block.candidate++;
      block.candidateSum += value;
    }
    block.squares += value * value;
  }

  /** With the block under way, which goes on. */
  #now(): Sums {
    const sums = { ...this.#sums };
    addBlock(sums, this.#block);
    return sums;
  }

  all(): Difference {
    const sums = this.#now();
    if (sums.weight === 0) return unknownDifference;
    return { effect: sums.difference / sums.weight, standardError: Math.sqrt(varianceOf(sums) / sums.weight) };
  }

  /** Over the last ten blocks or so. */
  recent(): Difference {
    const sums = this.#now();
    if (sums.recentWeight === 0) return unknownDifference;
    return {
      effect: sums.recentDifference / sums.recentWeight,
      standardError: Math.sqrt(varianceOf(sums) * sums.recentWeightSquare) / sums.recentWeight,
    };
  }

  /** Slope of the differences over time, in standard errors; NaN below five blocks. */
  trend(): number {
    const sums = this.#now();
    if (sums.blocks < fewBlocks) return Number.NaN;
    const spread = sums.timeSquare - sums.time ** 2 / sums.weight;
    const slope = sums.timeDifference - (sums.time * sums.difference) / sums.weight;
    const scale = Math.sqrt(varianceOf(sums) * spread);
    return scale > 0 ? slope / scale : 0;
  }
}
