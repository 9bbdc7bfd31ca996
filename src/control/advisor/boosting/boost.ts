// Gradient boosting with logistic loss (Friedman 2001), stochastic by rows and columns, stopped early on a validation part.
import { type Random, seededRandom } from '../../../base/index.js';
import { binTable, type Table } from './bins.js';
import { growTree } from './grow-tree.js';
import { type Forest, leafOf, sigmoid, type Tree } from './tree.js';

/** Rows with what is true of each: 1 or 0. */
export interface Labelled extends Table {
  readonly labels: Uint8Array;
}

export interface BoostOptions {
  readonly seed: number;
  /** Most trees. */
  readonly rounds: number;
  /** Rounds without a better validation loss before it stops. */
  readonly patience: number;
  readonly depth: number;
  readonly shrinkage: number;
  /** Of the rows, and of the columns, that each tree sees. */
  readonly rowShare: number;
  readonly columnShare: number;
  readonly ridge: number;
  readonly leastCover: number;
}

export const usualBoosting: BoostOptions = Object.freeze({
  seed: 1,
  rounds: 300,
  patience: 25,
  depth: 4,
  shrinkage: 0.08,
  rowShare: 0.7,
  columnShare: 0.4,
  ridge: 1,
  leastCover: 3,
});

/** So many of the numbers below `count`, in order. */
function chosen(count: number, share: number, random: Random): Uint32Array {
  const all = random.shuffle(Uint32Array.from({ length: count }, (_, k) => k));
  return all.subarray(0, Math.max(1, Math.round(share * count))).sort();
}

/** Mean logistic loss, finite also where a probability rounds to 0 or 1. */
function lossOf(logOdds: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const margin = labels[row] === 1 ? logOdds[row] : -logOdds[row];
    sum += Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
  }
  return sum / labels.length;
}

function addTree(tree: Tree, { rows, columns }: Table, logOdds: Float64Array): void {
  for (let row = 0; row < logOdds.length; row++) logOdds[row] += tree.value[leafOf(tree, rows, row * columns)];
}

/** Log odds of the share of ones, within reason also where there are none or nothing else. */
function baseOf(labels: Uint8Array): number {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  return Math.fround(Math.log((ones + 0.5) / (labels.length - ones + 0.5)));
}

/** The forest, cut where the validation loss was least. The same data and options give the same forest. */
export function boost(train: Labelled, validation: Labelled, options: Partial<BoostOptions> = {}): Forest {
  const config = { ...usualBoosting, ...options };
  const random = seededRandom(config.seed);
  const binned = binTable(train);
  const base = baseOf(train.labels);
  const logOdds = new Float64Array(train.labels.length).fill(base);
  const validationOdds = new Float64Array(validation.labels.length).fill(base);
  const derivatives = { first: new Float64Array(logOdds.length), second: new Float64Array(logOdds.length) };
  const trees: Tree[] = [];
  let [best, length] = [lossOf(validationOdds, validation.labels), 0];
  for (let round = 0; round < config.rounds && round - length < config.patience; round++) {
    for (let row = 0; row < logOdds.length; row++) {
      const probability = sigmoid(logOdds[row]);
      derivatives.first[row] = probability - train.labels[row];
      derivatives.second[row] = probability * (1 - probability);
    }
    const rows = chosen(logOdds.length, config.rowShare, random);
    const columns = [...chosen(train.columns, config.columnShare, random)];
    const tree = growTree(binned, rows, derivatives, { ...config, columns });
    trees.push(tree);
    addTree(tree, train, logOdds);
    addTree(tree, validation, validationOdds);
    const loss = lossOf(validationOdds, validation.labels);
    if (loss < best) [best, length] = [loss, round + 1];
  }
  return { base, trees: trees.slice(0, length) };
}
