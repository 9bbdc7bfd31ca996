// Regression trees as plain arrays, and how a row walks through them.

/** Node 0 is the root. All arrays have one entry a node. */
export interface Tree {
  /** Column that is asked, or -1 at a leaf. */
  readonly feature: readonly number[];
  /** Values up to it go left; a float32. */
  readonly threshold: readonly number[];
  readonly missingLeft: readonly boolean[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** What a leaf adds to the log odds; 0 elsewhere. */
  readonly value: readonly number[];
  /** Sum of the second derivatives of the training rows that came by: the weight of a node. */
  readonly cover: readonly number[];
}

/** Sum of trees: log odds = base + Σ leaf values. */
export interface Forest {
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** The leaf at which a row ends. `from` is where its row begins in `rows`. */
export function leafOf(tree: Tree, rows: Float32Array, from: number): number {
  let node = 0;
  while (tree.feature[node] >= 0) {
    const value = rows[from + tree.feature[node]];
    const goesLeft = Number.isNaN(value) ? tree.missingLeft[node] : value <= tree.threshold[node];
    node = goesLeft ? tree.left[node] : tree.right[node];
  }
  return node;
}

export const logOddsOf = ({ base, trees }: Forest, rows: Float32Array, from = 0): number =>
  trees.reduce((sum, tree) => sum + tree.value[leafOf(tree, rows, from)], base);

export const sigmoid = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** The forest whose log odds are those of `forest`, stretched and shifted. */
export function scaled(
  { base, trees }: Forest,
  { slope, shift }: { readonly slope: number; readonly shift: number },
): Forest {
  const stretch = (value: number): number => Math.fround(slope * value);
  return {
    base: Math.fround(slope * base + shift),
    trees: trees.map(tree => ({ ...tree, value: tree.value.map(stretch) })),
  };
}
