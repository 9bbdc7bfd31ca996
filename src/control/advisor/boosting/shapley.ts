// Shapley values of one prediction, exact for the path-dependent game of TreeSHAP (Lundberg et al. 2020): what is not known goes both ways, by cover.
import type { Forest, Tree } from './tree.js';

/** 1 / (n * binomial(n - 1, size)): the weight of a coalition of `size` others among n players. */
function coalitionWeight(players: number, size: number): number {
  let binomial = 1;
  for (let k = 1; k <= size; k++) binomial = (binomial * (players - k)) / k;
  return 1 / (players * binomial);
}

/** One column on the way to a leaf: the share of training rows that pass its questions, and whether this row does. */
interface Player {
  readonly feature: number;
  readonly share: number;
  readonly passes: boolean;
}

/**
 * A leaf's game: a coalition is worth value * Π of 1 or 0 for players in it (does the row pass?) and of the shares for those outside.
 * With few players on a path all coalitions are counted.
 */
function addLeaf(players: readonly Player[], value: number, into: Float64Array): void {
  const n = players.length;
  for (let own = 0; own < n; own++) {
    const difference = (players[own].passes ? 1 : 0) - players[own].share;
    let sum = 0;
    for (let coalition = 0; coalition < 1 << n; coalition++) {
      if ((coalition >> own) & 1) continue;
      let [worth, size] = [1, 0];
      for (let other = 0; other < n; other++) {
        if (other === own) continue;
        const inside = (coalition >> other) & 1;
        size += inside;
        worth *= inside === 0 ? players[other].share : players[other].passes ? 1 : 0;
      }
      sum += coalitionWeight(n, size) * worth;
    }
    into[players[own].feature] += value * difference * sum;
  }
}

/** The players of a path with one more question; a column that was asked before stays one player. */
function withQuestion(players: readonly Player[], question: Player): Player[] {
  const before = players.find(({ feature }) => feature === question.feature);
  const merged: Player = {
    feature: question.feature,
    share: (before?.share ?? 1) * question.share,
    passes: (before?.passes ?? true) && question.passes,
  };
  return [...players.filter(each => each !== before), merged];
}

interface Walk {
  readonly tree: Tree;
  readonly row: Float32Array;
  readonly into: Float64Array;
}

function walk({ tree, row, into }: Walk, node: number, players: readonly Player[]): void {
  const feature = tree.feature[node];
  if (feature < 0) {
    addLeaf(players, tree.value[node], into);
    return;
  }
  const goesLeft = Number.isNaN(row[feature]) ? tree.missingLeft[node] : row[feature] <= tree.threshold[node];
  for (const [child, passes] of [
    [tree.left[node], goesLeft],
    [tree.right[node], !goesLeft],
  ] as const)
    walk(
      { tree, row, into },
      child,
      withQuestion(players, { feature, share: tree.cover[child] / tree.cover[node], passes }),
    );
}

/** What a tree says when nothing is known: the mean of its leaves by cover. */
function expectedValue(tree: Tree, node = 0): number {
  if (tree.feature[node] < 0) return tree.value[node];
  const [left, right] = [tree.left[node], tree.right[node]];
  return (
    (tree.cover[left] * expectedValue(tree, left) + tree.cover[right] * expectedValue(tree, right)) / tree.cover[node]
  );
}

/** The log odds with nothing known. */
export const baseLogOdds = ({ base, trees }: Forest): number =>
  trees.reduce((sum, tree) => sum + expectedValue(tree), base);

/**
 * What each column adds to the log odds of one row: they sum to its log odds minus `baseLogOdds`. O(leaves * 2^depth * depth²) a tree.
 */
export function shapleyValues({ trees }: Forest, row: Float32Array): Float64Array {
  const into = new Float64Array(row.length);
  for (const tree of trees) walk({ tree, row, into }, 0, []);
  return into;
}
