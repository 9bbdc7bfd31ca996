// One tree of a boosting round, grown level by level: the split that gains most by second-order statistics (Chen & Guestrin 2016, section 2).
import type { Binned } from './bins.js';
import type { Tree } from './tree.js';

export interface GrowOptions {
  readonly depth: number;
  /** λ of the paper: added to each sum of second derivatives. */
  readonly ridge: number;
  /** Smallest sum of second derivatives of a child. */
  readonly leastCover: number;
  readonly shrinkage: number;
  /** Columns that this tree may ask. */
  readonly columns: readonly number[];
}

interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Bins up to it go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
}

interface Mutable {
  readonly feature: number[];
  readonly threshold: number[];
  readonly missingLeft: boolean[];
  readonly left: number[];
  readonly right: number[];
  readonly value: number[];
  readonly cover: number[];
}

const leastGain = 1e-3;

/** First and second derivatives of the loss by the log odds, one a row. */
export interface Derivatives {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

class Grower {
  readonly tree: Mutable = { feature: [], threshold: [], missingLeft: [], left: [], right: [], value: [], cover: [] };
  readonly #binned: Binned;
  readonly #derivatives: Derivatives;
  readonly #options: GrowOptions;
  readonly #g = new Float64Array(64);
  readonly #h = new Float64Array(64);

  constructor(binned: Binned, derivatives: Derivatives, options: GrowOptions) {
    this.#binned = binned;
    this.#derivatives = derivatives;
    this.#options = options;
  }

  /** Adds the node of these rows, and what is below it. @returns its number */
  grow(rows: Uint32Array, depth: number): number {
    const { tree } = this;
    const { first, second } = this.#derivatives;
    const { ridge, shrinkage } = this.#options;
    let g = 0;
    let h = 0;
    for (const row of rows) {
      g += first[row];
      h += second[row];
    }
    const node = tree.feature.length;
    const split = depth === 0 ? undefined : this.#best(rows, g, h);
    tree.feature.push(split?.feature ?? -1);
    tree.threshold.push(split === undefined ? 0 : this.#binned.edges[split.feature][split.bin - 1]);
    tree.missingLeft.push(split?.missingLeft ?? false);
    tree.value.push(split === undefined ? Math.fround((-shrinkage * g) / (h + ridge)) : 0);
    tree.cover.push(h);
    tree.left.push(-1);
    tree.right.push(-1);
    if (split === undefined) return node;
    const goesLeft = rows.map(row => (this.#goesLeft(split, row) ? 1 : 0));
    tree.left[node] = this.grow(
      rows.filter((_, k) => goesLeft[k] === 1),
      depth - 1,
    );
    tree.right[node] = this.grow(
      rows.filter((_, k) => goesLeft[k] === 0),
      depth - 1,
    );
    return node;
  }

  #goesLeft({ feature, bin, missingLeft }: Split, row: number): boolean {
    const { bins, count } = this.#binned;
    const own = bins[feature * count + row];
    return own === 0 ? missingLeft : own <= bin;
  }

  #best(rows: Uint32Array, g: number, h: number): Split | undefined {
    let best: Split | undefined;
    for (const feature of this.#options.columns) {
      const found = this.#bestOf(feature, rows, [g, h]);
      if (found !== undefined && found.gain > (best?.gain ?? leastGain)) best = found;
    }
    return best;
  }

  /** The best place of one column, with missing values on the side where they gain more. */
  #bestOf(feature: number, rows: Uint32Array, [g, h]: readonly [number, number]): Split | undefined {
    const { bins, count, edges } = this.#binned;
    const { first, second } = this.#derivatives;
    const { ridge, leastCover } = this.#options;
    const inBins = edges[feature].length + 1;
    const [gs, hs] = [this.#g, this.#h];
    gs.fill(0, 0, inBins + 1);
    hs.fill(0, 0, inBins + 1);
    const from = feature * count;
    for (const row of rows) {
      const bin = bins[from + row];
      gs[bin] += first[row];
      hs[bin] += second[row];
    }
    const whole = (g * g) / (h + ridge);
    let best: Split | undefined;
    let [left, cover] = [0, 0];
    for (let bin = 1; bin < inBins; bin++) {
      left += gs[bin];
      cover += hs[bin];
      for (const missingLeft of hs[0] > 0 ? [false, true] : [false]) {
        const a = missingLeft ? left + gs[0] : left;
        const b = missingLeft ? cover + hs[0] : cover;
        if (b < leastCover || h - b < leastCover) continue;
        const gain = (a * a) / (b + ridge) + ((g - a) * (g - a)) / (h - b + ridge) - whole;
        if (gain > (best?.gain ?? 0)) best = { gain, feature, bin, missingLeft };
      }
    }
    return best;
  }
}

/** Grows a tree on the rows that are given by number. Deterministic. */
export function growTree(binned: Binned, rows: Uint32Array, derivatives: Derivatives, options: GrowOptions): Tree {
  const grower = new Grower(binned, derivatives, options);
  grower.grow(rows, options.depth);
  return grower.tree;
}
