import { seededRandom, type Tensor } from 'galerkin/base';
import { compileNative, ready, type Traced, valueAndGrad } from 'galerkin/compile';
import {
  exportPrograms,
  type FieldStatistics,
  fno2d,
  type HostArray,
  parameterCount,
  type Weights,
} from 'galerkin/learn';
import { openSession } from 'galerkin/runtime';
import { darcy } from 'galerkin/solve';
import { beforeAll, describe, expect, test } from 'vitest';
import { trainingLoss } from '../../dist/learn/loss.js';
import { directFno } from './direct-fno.js';

const sizes = { n: 7, width: 3, modes: 2, layers: 3, headWidth: 4, padding: 3 };
const { n } = sizes;
const nodes = n * n;
const random = seededRandom(5);
const normals = (count: number, mean: number, deviation: number): Float32Array =>
  Float32Array.from({ length: count }, () => mean + deviation * random.normal());
const isInside = (node: number): boolean => node % n > 0 && node % n < n - 1 && node >= n && node < nodes - n;

const input: FieldStatistics = { mean: normals(nodes, 2, 0.2), deviation: normals(nodes, 1, 0.1) };
/** Zero on the boundary, as solutions are. */
const output: FieldStatistics = {
  mean: normals(nodes, 2, 0.2).map((value, node) => (isInside(node) ? value : 0)),
  deviation: normals(nodes, 1, 0.1).map((value, node) => (isInside(node) ? value : 0)),
};
const operator = fno2d({ ...sizes, input, output });
const weights: Weights<HostArray> = Object.fromEntries(
  Object.entries(operator.init(random)).map(([name, array]) => [
    name,
    name.endsWith('bias') ? { ...array, data: normals(array.data.length, 0, 0.3) } : array,
  ]),
);
const batch = 2;
const fieldBatch = (): HostArray => ({ dtype: 'FP32', shape: [batch, n, n], data: normals(batch * nodes, 2, 1) });
const numbers = ({ data }: Tensor): number[] => Array.from(data, Number);

beforeAll(ready);

describe('the Fourier neural operator', () => {
  test('gives what its formulas give as loops over nodes, channels and modes of the padded field', async () => {
    const a = fieldBatch();
    const session = await openSession(exportPrograms(darcy, operator, weights).model, { threads: 1 });
    const answer = numbers((await session.run({ a })).u);
    await session.close();
    const direct = [0, 1].flatMap(item =>
      Array.from(
        directFno(sizes, weights, { field: a.data.subarray(item * nodes, (item + 1) * nodes), input, output }),
      ),
    );
    const largest = Math.max(...direct.map(Math.abs));
    expect(Math.max(...direct.map((value, k) => Math.abs(value - answer[k])))).toBeLessThan(3e-6 * largest);
  });

  test('is exactly zero where no training solution is anything else, whatever comes in', async () => {
    const a = fieldBatch();
    a.data.fill(1e6, 0, nodes);
    const session = await openSession(exportPrograms(darcy, operator, weights).model, { threads: 1 });
    const answer = numbers((await session.run({ a })).u);
    await session.close();
    expect(answer.filter((value, k) => !isInside(k % nodes) && value !== 0)).toEqual([]);
  });

  test('has the gradient that finite differences of its loss have', async () => {
    const [a, truth] = [fieldBatch(), fieldBatch()];
    const spec = ({ shape }: HostArray) => ({ shape, dtype: 'float32' as const });
    const specs = Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, spec(array)]));
    const program = await compileNative(
      (w: Weights<Traced>, field: Traced, solution: Traced) =>
        valueAndGrad((current: Weights<Traced>, x: Traced, y: Traced) =>
          trainingLoss(operator.forward(current, x), y, 0.5),
        )(w, field, solution),
      [specs, spec(a), spec(truth)],
      { threads: 1 },
    );
    const lossAt = async (w: Weights<HostArray>): Promise<number> => numbers((await program.run(w, a, truth))[0])[0];
    const gradient = (await program.run(weights, a, truth))[1];
    for (const name of Object.keys(weights)) {
      const { data } = weights[name];
      const direction = normals(data.length, 0, 1 / Math.sqrt(data.length));
      const moved = (step: number): Weights<HostArray> => ({
        ...weights,
        [name]: { ...weights[name], data: data.map((value, k) => value + step * direction[k]) },
      });
      const step = 2e-2;
      const difference = ((await lossAt(moved(step))) - (await lossAt(moved(-step)))) / (2 * step);
      const slope = numbers(gradient[name]).reduce((sum, value, k) => sum + value * direction[k], 0);
      expect(Math.abs(slope - difference), name).toBeLessThan(1e-2 * Math.abs(difference) + 2e-4);
    }
    await program.close();
  });

  test('has the reals of the published models: 414,517 with modes 8 and width 20, of which 409,600 are spectral', () => {
    const flat = { mean: new Float32Array(64 * 64), deviation: new Float32Array(64 * 64).fill(1) };
    const published = { n: 64, width: 20, modes: 8, layers: 4, headWidth: 128, padding: 0 };
    const all = fno2d({ ...published, input: flat, output: flat }).init(seededRandom(1));
    const spectral = Object.entries(all).filter(([name]) => name.endsWith('.spectral'));
    expect(parameterCount(Object.fromEntries(spectral))).toBe(409_600);
    expect(parameterCount(all) - 409_600).toBe(4 * 20 + 4 * (20 * 20 + 20) + 21 * 128 + 129);
  });

  test('refuses modes that the padded grid cannot hold, and statistics of another grid', () => {
    expect(() => fno2d({ ...sizes, modes: 6, input, output })).toThrow(/modes: wanted at most 5, got 6/);
    expect(() => fno2d({ ...sizes, width: 0, layers: 1.5, input, output })).toThrow(/width.*layers/s);
    const other = { mean: new Float32Array(4), deviation: new Float32Array(4) };
    expect(() => fno2d({ ...sizes, input: other, output })).toThrow(/'input.mean': wanted 49 finite values, got 4/);
    const broken = { ...output, mean: output.mean.map(() => Number.NaN) };
    expect(() => fno2d({ ...sizes, input, output: broken })).toThrow(/'output.mean': wanted 49 finite values/);
  });
});
