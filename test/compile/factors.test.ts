// Numbers that multiply whole arrays wait and travel: results stay what the tracer computes, and passes over memory disappear.
import { compileNative, grad, lower, nn, np, ready, type Traced, trace } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, parity, tensor } from './parity.js';

beforeAll(ready);

const made = (fn: (...args: Traced[]) => unknown, ...shapes: ReturnType<typeof f32>[]) =>
  lower(trace(fn, shapes)).report.byOperator;

describe('waiting factors give what the tracer gives', () => {
  const cases: readonly [string, (a: Traced, b: Traced) => Traced[]][] = [
    [
      'in sums of equal, opposite and different ones',
      (a, b) => [
        a.ref.mul(3).add(b.ref.mul(3)),
        a.ref.mul(3).sub(b.ref.mul(3)),
        a.ref.mul(-2).add(b.ref.mul(5)),
        b.ref.mul(-0.5).sub(a.ref.mul(4)),
        a.neg().sub(b),
      ],
    ],
    ['in sums with numbers', (a, b) => [a.mul(4).add(1), np.subtract(1, b.mul(0.25))]],
    ['in sums with smaller arrays', (a, b) => [a.mul(4).add(b.sum(0).mul(-3))]],
    [
      'through products, quotients and roots',
      (a, b) => [
        a.ref.mul(2).mul(b.ref.mul(-3)),
        a.ref.mul(2).div(b.ref.mul(5)),
        np.sqrt(np.abs(a.mul(-9)).add(b.ref.mul(b).mul(2))),
      ],
    ],
    [
      'through contractions and sums',
      (a, b) => [np.matmul(a.ref.mul(2), b.ref.transpose().neg()), a.mul(b).mul(0.1).sum(1)],
    ],
    [
      'through shapes',
      (a, b) => [
        np
          .pad(a.mul(3).transpose(), [
            [1, 0],
            [0, 1],
          ])
          .reshape([-1]),
        np.concatenate([b.ref.mul(2), b], 1),
      ],
    ],
    ['up to extremes and comparisons', (a, b) => [a.ref.mul(-2).max(0), a.mul(-2).less(b.mul(3))]],
    ['that are zero, huge or tiny', (a, b) => [a.ref.mul(0), a.mul(1e-20).mul(1e20), b.mul(1e25).mul(1e-25).mul(1e10)]],
    ['from inputs to outputs', (a, b) => [a.mul(7), b.neg()]],
  ];
  it.each(cases)('%s', async (_name, fn) => {
    const { difference } = await parity((a, b) => fn(a, b), [f32(4, 5), f32(4, 5)]);
    expect(difference).toBeLessThan(1e-5);
  });

  it('in functions of their gradients', async () => {
    const fn = (a: Traced): Traced =>
      np
        .exp(a.ref.mul(0.3))
        .mul(2)
        .sub(np.sin(a.mul(-1.5)).mul(0.5))
        .mean();
    expect((await parity(a => [grad(fn)(a)], [f32(6, 7)])).difference).toBeLessThan(1e-5);
  });
});

it('a product with zero is computed, not assumed', async () => {
  const native = await compileNative((a: Traced) => a.mul(0), [f32(3)]);
  const values = [Number.POSITIVE_INFINITY, 1, Number.NaN];
  expect((await native.run(tensor('float32', [3], values))).data).toEqual(Float32Array.of(Number.NaN, 0, Number.NaN));
  await native.close();
});

it('chains of numbers take one pass, and none where a product follows', () => {
  expect(made((a: Traced) => a.mul(2).neg().mul(3).div(7), f32(5))).toEqual({ Mul: 1 });
  const scaledProduct = (a: Traced, w: Traced): Traced => np.matmul(np.sin(a).mul(0.5), w);
  const graph = lower(trace(scaledProduct, [f32(1000, 8), f32(8, 4)]));
  expect(graph.report.byOperator).toEqual({ Sin: 1, Mul: 1, MatMul: 1 });
});

it('the exact GELU is one operator in a forward pass', async () => {
  const { difference, byOperator } = await parity(a => [nn.gelu(a.mul(2), { approximate: false })], [f32(40)]);
  expect(byOperator).toEqual({ Mul: 1, Gelu: 1 });
  expect(difference).toBeLessThan(1e-5);
});

it('the approximate GELU is written out', async () => {
  expect((await parity(a => [nn.gelu(a)], [f32(40)])).difference).toBeLessThan(1e-5);
});
