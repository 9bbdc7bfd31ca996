// Boosted trees by themselves: they learn known functions, natively answer as in our own walk, and their explanations add up.
import { seededRandom } from 'galerkin/base';
import { openSession } from 'galerkin/runtime';
import { describe, expect, test } from 'vitest';
import { boost, type Labelled } from '../../dist/control/advisor/boosting/boost.js';
import { plattScaling } from '../../dist/control/advisor/boosting/platt.js';
import { areaUnderCurve, qualityOf } from '../../dist/control/advisor/boosting/quality.js';
import { baseLogOdds, shapleyValues } from '../../dist/control/advisor/boosting/shapley.js';
import { type Forest, logOddsOf, scaled, sigmoid, type Tree } from '../../dist/control/advisor/boosting/tree.js';
import { forestModel } from '../../dist/control/advisor/model/forest-onnx.js';

type Rule = (row: Float32Array) => number;

/** Uniform columns in [-1, 1], some of them missing; a row is 1 with the probability that the rule gives. */
function draw(seed: number, count: number, rule: Rule, { columns = 4, missing = 0 } = {}): Labelled {
  const random = seededRandom(seed);
  const rows = Float32Array.from({ length: count * columns }, () =>
    random.uniform() < missing ? Number.NaN : 2 * random.uniform() - 1,
  );
  const labels = Uint8Array.from({ length: count }, (_, k) =>
    random.uniform() < rule(rows.subarray(k * columns, (k + 1) * columns)) ? 1 : 0,
  );
  return { columns, rows, labels };
}

const oddsOf = (forest: Forest, { rows, columns, labels }: Labelled): Float64Array =>
  Float64Array.from(labels, (_, k) => logOddsOf(forest, rows, k * columns));
const aucOf = (forest: Forest, data: Labelled): number => areaUnderCurve(oddsOf(forest, data), data.labels);

/** Neither column says anything alone. */
const opposite: Rule = ([a, b]) => (a * b < 0 ? 0.95 : 0.05);
const missingSays: Rule = ([a]) => (Number.isNaN(a) ? 0.9 : a > 0.5 ? 0.8 : 0.1);
const coin: Rule = () => 0.5;

const learnt = (rule: Rule, options = {}): Forest => boost(draw(1, 3000, rule, options), draw(2, 800, rule, options));

const learntOpposite = learnt(opposite);

/** Rows that ask for trouble: missing, infinite, huge, and exactly on thresholds. */
function hostileRows(forest: Forest, columns: number): Float32Array {
  const random = seededRandom(9);
  const thresholds = forest.trees.flatMap(({ feature, threshold }) =>
    threshold.filter((_, node) => feature[node] >= 0),
  );
  const wild = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38, 0, -0, ...thresholds];
  return Float32Array.from({ length: 4000 * columns }, () => wild[random.integer(wild.length)]);
}

/** Shapley's own formula over all coalitions of columns: the slow, plain way. */
function plainShapley(forest: Forest, row: Float32Array): number[] {
  const worth = (tree: Tree, node: number, known: number): number => {
    const feature = tree.feature[node];
    if (feature < 0) return tree.value[node];
    const [left, right] = [tree.left[node], tree.right[node]];
    if ((known >> feature) & 1) {
      const value = row[feature];
      const goesLeft = Number.isNaN(value) ? tree.missingLeft[node] : value <= tree.threshold[node];
      return worth(tree, goesLeft ? left : right, known);
    }
    const share = tree.cover[left] / (tree.cover[left] + tree.cover[right]);
    return share * worth(tree, left, known) + (1 - share) * worth(tree, right, known);
  };
  const all = (known: number) => forest.trees.reduce((sum, tree) => sum + worth(tree, 0, known), forest.base);
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const n = row.length;
  return Array.from({ length: n }, (_, own) => {
    let sum = 0;
    for (let known = 0; known < 1 << n; known++) {
      if ((known >> own) & 1) continue;
      const size = known.toString(2).replaceAll('0', '').length;
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      sum += weight * (all(known | (1 << own)) - all(known));
    }
    return sum;
  });
}

describe('boosting', () => {
  test('learns what two columns say only together, close to the best there is', () => {
    const forest = learntOpposite;
    const held = draw(3, 2000, opposite);
    expect(aucOf(forest, held)).toBeGreaterThan(0.92); // the truth itself has 0.95
  });

  test('learns from a value being missing', () => {
    const forest = learnt(missingSays, { missing: 0.4 });
    const row = (value: number) => sigmoid(logOddsOf(forest, Float32Array.of(value, 0, 0, 0)));
    expect(row(Number.NaN)).toBeGreaterThan(0.8);
    expect(row(0)).toBeLessThan(0.2);
    expect(row(0.9)).toBeGreaterThan(0.65);
  });

  test('stops at once where there is nothing to learn', () => {
    expect(learnt(coin).trees.length).toBeLessThan(10);
    expect(learntOpposite.trees.length).toBeGreaterThan(30);
  });

  test('gives the same forest for the same seed, and another for another', () => {
    const [train, validation] = [draw(1, 600, opposite), draw(2, 200, opposite)];
    const forest = boost(train, validation);
    expect(boost(train, validation)).toEqual(forest);
    expect(boost(train, validation, { seed: 2 })).not.toEqual(forest);
  });

  test('never asks deeper than it may, and survives columns that are constant or empty, and labels that are all one', () => {
    const data = draw(1, 500, opposite);
    for (let k = 0; k < 500; k++) [data.rows[4 * k + 2], data.rows[4 * k + 3]] = [7, Number.NaN];
    const depthOf = (tree: Tree, node = 0): number =>
      tree.feature[node] < 0 ? 0 : 1 + Math.max(depthOf(tree, tree.left[node]), depthOf(tree, tree.right[node]));
    const forest = boost(data, data, { depth: 3, rounds: 20 });
    expect(Math.max(...forest.trees.map(tree => depthOf(tree)))).toBe(3);
    expect(forest.trees.flatMap(({ feature }) => feature).some(feature => feature > 1)).toBe(false);
    const ones = { ...data, labels: new Uint8Array(500).fill(1) };
    expect(sigmoid(logOddsOf(boost(ones, ones), data.rows))).toBeGreaterThan(0.99);
  });
});

describe('the exported model', () => {
  test('answers in ONNX Runtime as our own walk does, on missing and hostile values too', async () => {
    const forest = scaled(learnt(missingSays, { missing: 0.4 }), { slope: 1.1, shift: -0.2 });
    const rows = hostileRows(forest, 4);
    const session = await openSession(forestModel(forest, 4), { threads: 1 });
    const { log_odds, probability } = await session.run({ features: { dtype: 'FP32', shape: [4000, 4], data: rows } });
    await session.close();
    let [odds, chance] = [0, 0];
    for (let k = 0; k < 4000; k++) {
      const own = logOddsOf(forest, rows, 4 * k);
      odds = Math.max(odds, Math.abs(Number(log_odds.data[k]) - own));
      chance = Math.max(chance, Math.abs(Number(probability.data[k]) - sigmoid(own)));
    }
    expect(odds).toBeLessThan(forest.trees.length * 4 * 2 ** -23);
    expect(chance).toBeLessThan(1e-5);
  });
});

describe('explanations', () => {
  test.each([0, 1, 2, 3, 4])('are the Shapley values of the definition, and add up to the log odds (row %i)', k => {
    const forest = learnt(missingSays, { missing: 0.3 });
    const row = hostileRows(forest, 4).subarray(4 * k, 4 * k + 4);
    const found = shapleyValues(forest, row);
    plainShapley(forest, row).forEach((wanted, column) => {
      expect(found[column]).toBeCloseTo(wanted, 9);
    });
    const sum = found.reduce((total, each) => total + each, 0);
    expect(sum).toBeCloseTo(logOddsOf(forest, row) - baseLogOdds(forest), 9);
  });
});

describe('probabilities', () => {
  test('that are too sure are made honest by scaling', () => {
    const random = seededRandom(4);
    const honest = Float64Array.from({ length: 20_000 }, () => 1.5 * random.normal());
    const labels = Uint8Array.from(honest, odds => (random.uniform() < sigmoid(odds) ? 1 : 0));
    const boastful = honest.map(odds => 3 * odds + 1);
    const { slope, shift } = plattScaling(boastful, labels);
    expect(slope).toBeCloseTo(1 / 3, 1);
    expect(shift).toBeCloseTo(-1 / 3, 1);
    const before = qualityOf(boastful.map(sigmoid), labels, 0.9);
    const after = qualityOf(
      boastful.map(odds => sigmoid(slope * odds + shift)),
      labels,
      0.9,
    );
    expect(after.calibrationError).toBeLessThan(0.02);
    expect(before.calibrationError).toBeGreaterThan(0.08);
  });

  test('are ranked by an area that counts ties as half', () => {
    expect(areaUnderCurve(Float64Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 1, 1))).toBe(1);
    expect(areaUnderCurve(Float64Array.of(4, 3, 2, 1), Uint8Array.of(0, 0, 1, 1))).toBe(0);
    expect(areaUnderCurve(Float64Array.of(1, 1, 1, 1), Uint8Array.of(0, 1, 0, 1))).toBe(0.5);
    expect(areaUnderCurve(Float64Array.of(1, 2, 2, 3), Uint8Array.of(0, 0, 1, 1))).toBe(0.875);
  });
});
