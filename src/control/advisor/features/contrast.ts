// One figure of two arms, compared within short blocks of time: load, bursts and drift meet both arms of a block and cancel.
import { type Difference, unknownDifference } from './moments.js';

/** Share of the recent window's weight that a block keeps when the next one ends: a memory of about ten blocks. */
const kept = 0.9;
const fewBlocks = 5;

/**
 * Block b with n and m samples differs by d_b with weight w_b = n m / (n + m), so that its variance is σ² / w_b. Kept are sums over
 * blocks only: O(1) space and time a sample.
 */
export class Contrast {
  #block = Number.NEGATIVE_INFINITY;
  /** Of the open block: count and sum of each arm. */
  readonly #count = [0, 0];
  readonly #sum = [0, 0];
  #squares = 0;
  // Of the closed blocks: weights and weighted differences, with their products with time for the trend.
  #blocks = 0;
  #weight = 0;
  #weightedDifference = 0;
  #weightedSquare = 0;
  #weightedTime = 0;
  #weightedTimeSquare = 0;
  #weightedTimeDifference = 0;
  #within = 0;
  #withinFreedom = 0;
  #recentWeight = 0;
  #recentSquaredWeight = 0;
  #recentDifference = 0;
  #first = 0;

  /** `arm` 1 is the candidate. Values that are no numbers are passed over. `block` is the number of a block of time. */
  hear(arm: 0 | 1, value: number, block: number): void {
    if (!Number.isFinite(value)) return;
    if (block !== this.#block) {
      this.#close();
      this.#block = block;
    }
    this.#count[arm]++;
    this.#sum[arm] += value;
    this.#squares += value * value;
  }

  #close(): void {
    const [n, m] = this.#count;
    if (n + m === 0) return;
    const [a, b] = this.#sum;
    this.#within += Math.max(0, this.#squares - (n > 0 ? (a * a) / n : 0) - (m > 0 ? (b * b) / m : 0));
    this.#withinFreedom += Math.max(0, n - 1) + Math.max(0, m - 1);
    if (n > 0 && m > 0) this.#add((n * m) / (n + m), b / m - a / n);
    this.#count.fill(0);
    this.#sum.fill(0);
    this.#squares = 0;
  }

  #add(weight: number, difference: number): void {
    if (this.#blocks === 0) this.#first = this.#block;
    const time = this.#block - this.#first;
    this.#blocks++;
    this.#weight += weight;
    this.#weightedDifference += weight * difference;
    this.#weightedSquare += weight * difference * difference;
    this.#weightedTime += weight * time;
    this.#weightedTimeSquare += weight * time * time;
    this.#weightedTimeDifference += weight * time * difference;
    this.#recentWeight = kept * this.#recentWeight + weight;
    this.#recentSquaredWeight = kept * kept * this.#recentSquaredWeight + weight;
    this.#recentDifference = kept * this.#recentDifference + weight * difference;
  }

  /** Per unit of weight: the larger of what samples within blocks and what blocks among themselves say, as bursts show only in the second. */
  #variance(): number {
    const mean = this.#weightedDifference / this.#weight;
    const between = Math.max(0, this.#weightedSquare - this.#weight * mean * mean) / Math.max(1, this.#blocks - 1);
    const within = this.#withinFreedom === 0 ? Number.NaN : this.#within / this.#withinFreedom;
    if (this.#blocks < fewBlocks) return within;
    return Number.isNaN(within) ? between : Math.max(between, within);
  }

  /** Over all ended blocks. The block under way is ended by asking. */
  all(): Difference {
    this.#close();
    if (this.#weight === 0) return unknownDifference;
    return {
      effect: this.#weightedDifference / this.#weight,
      standardError: Math.sqrt(this.#variance() / this.#weight),
    };
  }

  /** Over the last ten blocks or so. */
  recent(): Difference {
    this.#close();
    if (this.#recentWeight === 0) return unknownDifference;
    return {
      effect: this.#recentDifference / this.#recentWeight,
      standardError: Math.sqrt(this.#variance() * this.#recentSquaredWeight) / this.#recentWeight,
    };
  }

  /** Slope of the differences over time, in standard errors; NaN below five blocks. */
  trend(): number {
    this.#close();
    if (this.#blocks < fewBlocks) return Number.NaN;
    const meanTime = this.#weightedTime / this.#weight;
    const spread = this.#weightedTimeSquare - this.#weight * meanTime * meanTime;
    const slope = this.#weightedTimeDifference - meanTime * this.#weightedDifference;
    const scale = Math.sqrt(this.#variance() * spread);
    return scale > 0 ? slope / scale : 0;
  }
}
