import { seededRandom, type Tensor } from 'galerkin/base';
import { lower, ready } from 'galerkin/compile';
import { guardProgram } from 'galerkin/learn';
import { openSession } from 'galerkin/runtime';
import { createSolver, darcy, mesh, type Problem, paintInclusion, unitSquare } from 'galerkin/solve';
import { beforeAll, describe, expect, test } from 'vitest';
import { directGuard } from './direct-guard.js';

const n = 14;
const nodes = n * n;
const solver = createSolver(darcy, n);
const sampled = (seed: number): Float64Array => darcy.sample(n, seededRandom(seed)).a;
const solved = (a: Float64Array): Float64Array => solver.solve({ a }).u;
const isInside = (node: number): boolean => node % n > 0 && node % n < n - 1 && node >= n && node < nodes - n;

interface Verdict {
  readonly residual: number[];
  readonly flux: number[];
  readonly map: number[];
}

beforeAll(ready);

const names = { inputNames: ['a', 'u'], outputNames: ['residual', 'flux_imbalance', 'residual_map'] };
const guards = new Map<Problem, Uint8Array>();

/** The guard of a problem, lowered once. */
function guardOf(problem: Problem): Uint8Array {
  const bytes = guards.get(problem) ?? lower(guardProgram(problem, n), names).bytes;
  guards.set(problem, bytes);
  return bytes;
}

/** The guard's figures for a batch of questions and answers. */
async function judged(pairs: readonly (readonly [Float64Array, Float64Array])[], problem = darcy): Promise<Verdict> {
  const session = await openSession(guardOf(problem), { threads: 1 });
  const stack = (part: 0 | 1): Tensor => ({
    dtype: 'FP32',
    shape: [pairs.length, n, n],
    data: Float32Array.from(pairs.flatMap(pair => [...pair[part]])),
  });
  const verdict = await session.run({ a: stack(0), u: stack(1) });
  await session.close();
  const numbers = (tensor: Tensor): number[] => Array.from(tensor.data, Number);
  return {
    residual: numbers(verdict.residual),
    flux: numbers(verdict.flux_imbalance),
    map: numbers(verdict.residual_map),
  };
}

describe('the guard', () => {
  test('finds next to nothing wrong with solutions, inside and outside the training family', async () => {
    const fields = [sampled(1), sampled(2), sampled(3).map(value => (value > 5 ? 100 : 1))];
    fields.push(paintInclusion(sampled(4), n, { x: 0.4, y: 0.6, radius: 0.25, value: 100 }));
    const { residual, flux } = await judged(fields.map(a => [a, solved(a)]));
    expect(Math.max(...residual)).toBeLessThan(1e-5);
    expect(Math.max(...flux)).toBeLessThan(1e-4);
  });

  test('gives the figures of its formulas in double precision, for any answer', async () => {
    const random = seededRandom(8);
    const a = sampled(5);
    const answers = [solved(a), solved(a), new Float64Array(nodes), solved(a)];
    for (let node = 0; node < nodes; node++) {
      answers[3][node] += 0.002 * random.normal();
      if (!isInside(node)) continue;
      answers[1][node] *= 1 + 0.1 * random.normal();
      answers[2][node] = 0.01 * random.normal();
    }
    const verdict = await judged(answers.map(u => [a, u]));
    for (const k of [1, 2, 3]) {
      const direct = directGuard(a, answers[k], n);
      expect(verdict.residual[k] / direct.residual).toBeCloseTo(1, 4);
      expect(verdict.flux[k] / direct.fluxImbalance).toBeCloseTo(1, 3);
      const largest = Math.max(...direct.map.map(Math.abs));
      for (let node = 0; node < nodes; node++) {
        expect(Math.abs(verdict.map[k * nodes + node] - direct.map[node])).toBeLessThan(1e-4 * largest);
      }
    }
  });

  test('for a constant coefficient, the residual is the relative L2 error itself', async () => {
    const random = seededRandom(9);
    const a = new Float64Array(nodes).fill(7);
    const truth = solved(a);
    const answer = truth.map(value => value * (1 + 0.2 * random.normal()) + 0.001 * random.normal());
    const error = Math.hypot(...answer.map((value, node) => value - truth[node])) / Math.hypot(...truth);
    expect((await judged([[a, answer]])).residual[0] / error).toBeCloseTo(1, 4);
  });

  test('an answer that is too large by a share has that share as its residual', async () => {
    const a = sampled(6);
    const { residual } = await judged([1.01, 1.1, 0.5, 0].map(factor => [a, solved(a).map(value => factor * value)]));
    [0.01, 0.1, 0.5, 1].forEach((share, k) => {
      expect(residual[k]).toBeCloseTo(share, 5);
    });
  });

  test('sees every kind of damage to an answer', async () => {
    const a = sampled(7);
    const u = solved(a);
    const mean = u.reduce((sum, value) => sum + value, 0) / nodes;
    const random = seededRandom(10);
    const damaged: Record<string, Float64Array> = {
      scaled: u.map(value => 1.05 * value),
      noisy: u.map((value, node) => (isInside(node) ? value * (1 + 0.05 * random.normal()) : 0)),
      'with a hole': u.map((value, node) => (node % n > 4 && node % n < 8 ? 0.5 * value : value)),
      'turned upside down': u.map((_, node) => u[nodes - 1 - node]),
      'moved by a node': u.map((_, node) => (isInside(node) ? u[node - 1] : 0)),
      lifted: u.map(value => value + 0.05 * mean),
      'lifted on the boundary only': u.map((value, node) => (isInside(node) ? value : mean)),
      'of another field': solved(sampled(11)),
    };
    const { residual, flux } = await judged([[a, u], ...Object.values(damaged).map(answer => [a, answer] as const)]);
    Object.keys(damaged).forEach((kind, k) => {
      expect(residual[k + 1], kind).toBeGreaterThan(0.01);
      expect(residual[k + 1], kind).toBeGreaterThan(1e4 * residual[0]);
      if (kind !== 'lifted on the boundary only') expect(flux[k + 1], kind).toBeGreaterThan(10 * flux[0]);
    });
  });

  test('grows with the damage', async () => {
    const a = sampled(12);
    const random = seededRandom(13);
    const noise = Float64Array.from({ length: nodes }, (_, node) => (isInside(node) ? 0.002 * random.normal() : 0));
    const u = solved(a);
    const { residual } = await judged([1, 2, 4, 8].map(factor => [a, u.map((value, k) => value + factor * noise[k])]));
    for (const k of [1, 2, 3]) expect(residual[k] / residual[0]).toBeCloseTo(2 ** k, 3);
  });

  test('maps the residual so that the sum of its squares gives the figure, with nothing on a boundary that is met', async () => {
    const pairs = [14, 15, 16].map(seed => [sampled(seed), solved(sampled(seed + 100))] as const);
    const { residual, map } = await judged(pairs);
    residual.forEach((figure, item) => {
      const own = map.slice(item * nodes, (item + 1) * nodes);
      expect(Math.hypot(...own) / (n - 2) / figure).toBeCloseTo(1, 5);
      expect(own.filter((value, node) => !isInside(node) && value !== 0)).toEqual([]);
    });
  });

  test('judges each item of a batch as if it were alone', async () => {
    const pairs = [17, 18, 19].map(seed => [sampled(seed), solved(sampled(seed + 100))] as const);
    const together = await judged(pairs);
    for (const [k, pair] of pairs.entries()) {
      const alone = await judged([pair]);
      expect(alone.residual[0] / together.residual[k]).toBeCloseTo(1, 5);
      expect(alone.flux[0] / together.flux[k]).toBeCloseTo(1, 4);
    }
  });

  test('never gives a number that looks harmless for an answer that is no number', async () => {
    const a = sampled(20);
    const broken = solved(a);
    broken[5 * n + 5] = Number.NaN;
    const { residual, flux } = await judged([[a, broken]]);
    expect(residual[0]).toBeNaN();
    expect(flux[0]).toBeNaN();
  });

  test('comes from the problem: another mesh and another equation are judged by their own solutions', async () => {
    const other: Problem = {
      ...darcy,
      constants: { f: 3 },
      /** The grid's triangles with the other diagonal. */
      mesh: size => {
        const { points, triangles } = unitSquare(size);
        const mirrored = triangles.map(node => size * Math.floor(node / size) + (size - 1 - (node % size)));
        for (let t = 0; t < mirrored.length; t += 3) {
          [mirrored[t], mirrored[t + 1]] = [mirrored[t + 1], mirrored[t]];
        }
        return mesh(points, mirrored);
      },
    };
    const a = sampled(21);
    const own = createSolver(other, n).solve({ a }).u;
    const { residual } = await judged(
      [
        [a, own],
        [a, solved(a).map(value => 3 * value)],
      ],
      other,
    );
    expect(residual[0]).toBeLessThan(1e-5);
    expect(residual[1]).toBeGreaterThan(1e-3);
  });
});
