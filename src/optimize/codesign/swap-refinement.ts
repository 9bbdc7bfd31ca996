// Swap refinement: pairs of channels, and whole groups, change places as long as more survives; deterministic and bounded.
import type { Random } from '../../base/index.js';
import type { GroupScore } from './layout-objective.js';

export interface RefineOptions {
  /** Swaps that are tried at most. */
  readonly swaps: number;
  /** In which order they are tried. */
  readonly random: Random;
}

export interface Refined {
  readonly order: number[];
  /** What survives of all groups together. */
  readonly score: number;
  readonly tried: number;
  readonly made: number;
}

/** Less than this part of a group's score is rounding. */
const leastGain = 1e-12;

class Layout {
  readonly scores: Float64Array;

  constructor(
    readonly groups: number[][],
    readonly score: GroupScore,
  ) {
    this.scores = Float64Array.from(groups, (channels, g) => score.of(channels, g));
  }

  get total(): number {
    return this.scores.reduce((sum, value) => sum + value, 0);
  }

  /** Makes the change if it pays, else takes it back. */
  attempt(a: number, b: number, change: () => void): boolean {
    change();
    const [one, other] = [this.score.of(this.groups[a], a), this.score.of(this.groups[b], b)];
    const before = this.scores[a] + this.scores[b];
    if (one + other <= before + leastGain * Math.abs(before)) {
      change();
      return false;
    }
    this.scores[a] = one;
    this.scores[b] = other;
    return true;
  }

  swapChannels(a: number, b: number, { i, j }: { i: number; j: number }): boolean {
    const [one, other] = [this.groups[a], this.groups[b]];
    return this.attempt(a, b, () => {
      const held = one[i];
      one[i] = other[j];
      other[j] = held;
    });
  }

  swapGroups(a: number, b: number): boolean {
    return this.attempt(a, b, () => {
      const held = this.groups[a];
      this.groups[a] = this.groups[b];
      this.groups[b] = held;
    });
  }
}

/** What survives under an order. */
export function scoreOf(order: readonly number[], score: GroupScore): number {
  return new Layout(groupsOf(order, score.groupSize), score).total;
}

const groupsOf = (order: readonly number[], size: number): number[][] =>
  Array.from({ length: Math.floor(order.length / size) }, (_, g) => order.slice(g * size, (g + 1) * size));

function* pairsOf(groups: number): Generator<[number, number]> {
  for (let a = 0; a < groups; a++) for (let b = a + 1; b < groups; b++) yield [a, b];
}

/**
 * Greedy descent from `order`: passes over all pairs of channels of two groups, in a shuffled order, until no pair pays
 * or `swaps` have been tried; then whole groups likewise. The result is never worse than `order`.
 * Cost of a try: two groups' scores. After Pool & Yu 2021, "Channel permutations for N:M sparsity".
 */
export function refineBySwaps(order: readonly number[], score: GroupScore, { swaps, random }: RefineOptions): Refined {
  const size = score.groupSize;
  const layout = new Layout(groupsOf(order, size), score);
  const count = layout.groups.length;
  const rest = order.slice(count * size);
  let [tried, made, isBetter] = [0, 0, true];
  const places = random.shuffle(Array.from({ length: count * size }, (_, k) => k));
  while (isBetter && tried < swaps) {
    isBetter = false;
    for (const [a, b] of score.placeMatters ? pairsOf(count) : []) {
      if (tried++ >= swaps) break;
      if (layout.swapGroups(a, b)) [made, isBetter] = [made + 1, true];
    }
    for (let p = 0; p < places.length && tried < swaps; p++) {
      for (let q = p + 1; q < places.length && tried < swaps; q++) {
        const [a, b] = [Math.floor(places[p] / size), Math.floor(places[q] / size)];
        if (a === b) continue;
        tried++;
        if (layout.swapChannels(a, b, { i: places[p] % size, j: places[q] % size }))
          [made, isBetter] = [made + 1, true];
      }
    }
  }
  return { order: [...layout.groups.flat(), ...rest], score: layout.total, tried, made };
}
