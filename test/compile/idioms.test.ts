// What the runtime has one operator for becomes that operator, and gives what the tracer gives.
import { type grad as Grad, grad, jit, nn, np, ready, type Spec, type Traced } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, parity } from './parity.js';

beforeAll(ready);

const f64 = (...shape: number[]): Spec => ({ shape, dtype: 'float64' });
const i32 = (...shape: number[]): Spec => ({ shape, dtype: 'int32' });

type Case = readonly [name: string, fn: (...args: Traced[]) => Traced, specs: readonly Spec[], operators: object];

const layerNorm = (x: Traced): Traced => {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  return centred.div(np.sqrt(variance.add(1e-5)));
};
const layerNormByVariance = (x: Traced): Traced => {
  const mean = np.mean(x.ref, -1, { keepdims: true });
  const variance = np.var_(x.ref, -1, { keepdims: true });
  return x.sub(mean).mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
};

const cases: readonly Case[] = [
  ['sigmoid', x => nn.sigmoid(x), [f32(4, 5)], { Sigmoid: 1 }],
  ['hyperbolic tangent', x => np.tanh(x), [f32(4, 5)], { Tanh: 1 }],
  ['softplus', x => nn.softplus(x), [f32(4, 5)], { Softplus: 1 }],
  ['linear unit', x => nn.relu(x), [f32(4, 5)], { Relu: 1 }],
  ['leaky linear unit', x => nn.leakyRelu(x, 0.2), [f32(4, 5)], { LeakyRelu: 1 }],
  ['exponential linear unit', x => nn.elu(x), [f32(4, 5)], { Elu: 1 }],
  ['exponential linear unit with its factor', x => nn.elu(x, 0.7), [f32(4, 5)], { Elu: 1 }],
  ['sigmoid linear unit', x => nn.silu(x), [f32(4, 5)], { QuickGelu: 1 }],
  ['Gaussian unit', x => nn.gelu(x, { approximate: false }), [f32(4, 5)], { Gelu: 1 }],
  ['Gaussian unit, approximate', x => nn.gelu(x), [f32(4, 5)], { FastGelu: 1 }],
  ['softmax', x => nn.softmax(x), [f32(4, 5)], { Softmax: 1 }],
  ['softmax of doubles', x => nn.softmax(x), [f64(4, 5)], { Softmax: 1 }],
  ['log of softmax', x => nn.logSoftmax(x), [f32(4, 5)], { LogSoftmax: 1 }],
  ['layer normalisation', layerNorm, [f32(4, 5)], { LayerNormalization: 1 }],
  ['layer normalisation by the variance', layerNormByVariance, [f32(4, 5)], { LayerNormalization: 1 }],
  ['standardisation', x => nn.standardize(x), [f32(4, 5)], { LayerNormalization: 1 }],
  ['cumulative sum of vectors', x => np.cumsum(x, 0), [f32(7)], { CumSum: 1 }],
  ['cumulative sum of whole numbers', x => np.cumsum(x, 0), [i32(7)], { CumSum: 1 }],
];

describe('one operator', () => {
  it.each(cases)('%s', async (_name, fn, specs, operators) => {
    const { difference, byOperator } = await parity((...args) => [fn(...args)], specs);
    expect(difference).toBeLessThan(1e-5);
    expect(byOperator).toEqual(operators);
  });
});

describe('in any layout', () => {
  const inAll = (fn: (x: Traced, axis: number) => Traced): ((x: Traced) => Traced[]) => {
    return x => [fn(x.ref, 0), fn(x.ref, 1), fn(x.ref, 2), fn(x.transpose([2, 0, 1]), 1)];
  };
  const softmax = inAll((x, axis) => nn.softmax(x, axis));
  const sums = inAll((x, axis) => np.cumsum(x, axis));

  it('softmax along each axis', async () => {
    const { difference, byOperator } = await parity(softmax, [f32(3, 4, 5)]);
    expect(difference).toBeLessThan(2e-6);
    expect(byOperator).toMatchObject({ Softmax: 3 });
    expect(byOperator).not.toHaveProperty('Exp');
  });
  it('cumulative sums along each axis', async () => {
    const { difference, byOperator } = await parity(sums, [f32(3, 4, 5)]);
    expect(difference).toBeLessThan(2e-6);
    expect(byOperator).not.toHaveProperty('ReduceSum');
    expect(byOperator).not.toHaveProperty('Where');
  });
  it('cumulative sums of long axes, which the tracer cuts in blocks', async () => {
    const { difference, byOperator } = await parity(x => [np.cumsum(x, 0)], [f32(1200)]);
    expect(difference).toBeLessThan(1e-5);
    expect(byOperator).toMatchObject({ CumSum: 2 });
  });
});

it('scalars and doubles without a kernel are written out', async () => {
  const fn = (x: Traced): Traced[] => [nn.gelu(x.ref), nn.silu(x.ref), nn.gelu(x, { approximate: false })];
  for (const spec of [f32(), f64(), f64(3)]) {
    const { difference } = await parity(fn, [spec]);
    expect(difference).toBeLessThan(1e-5);
  }
});

it.each(cases.filter(([, , [spec]]) => spec?.shape.length === 2))(
  '%s, with an open batch',
  async (_name, fn, [spec], operators) => {
    const open: Spec = { dtype: spec?.dtype ?? 'float32', shape: ['batch', 5] };
    const { difference, byOperator } = await parity((...args) => [fn(...args)], [open]);
    expect(difference).toBeLessThan(1e-5);
    expect(byOperator).toEqual(operators);
  },
);

describe('what only looks like an idiom', () => {
  const others: readonly Case[] = [
    [
      'another function of the name',
      x =>
        jit(function gelu(y: Traced) {
          return np.sin(y);
        })(x),
      [f32(5)],
      { Sin: 1 },
    ],
    ['a sum of two powers', x => np.reciprocal(np.exp(x.ref.neg()).add(np.exp(x))), [f32(5)], { Sigmoid: 0 }],
    ['one more than another number', x => np.reciprocal(np.exp(x.neg()).add(1.5)), [f32(5)], { Sigmoid: 0 }],
    [
      'powers over their sum along another axis',
      x => np.exp(x.ref).div(np.exp(x).sum(0, { keepdims: true })),
      [f32(4, 4)],
      { Softmax: 0 },
    ],
    ['a unit with another corner', x => np.where(x.ref.less(1), x.ref.mul(0.1), x), [f32(5)], { LeakyRelu: 0 }],
    [
      'a mean with another divisor',
      x => x.ref.sub(x.sum(-1, { keepdims: true }).mul(0.3)),
      [f32(4, 5)],
      { LayerNormalization: 0 },
    ],
  ];
  it.each(others)('%s', async (_name, fn, specs, operators) => {
    const { difference, byOperator } = await parity((...args) => [fn(...args)], specs);
    expect(difference).toBeLessThan(2e-6);
    for (const [operator, count] of Object.entries(operators)) expect(byOperator[operator] ?? 0).toBe(count);
  });

  it('intermediate values that are also read stay', async () => {
    const fn = (x: Traced): Traced[] => {
      const powers = np.exp(x.ref.sub(np.max(x, 1, { keepdims: true })));
      return [powers.ref.div(powers.ref.sum(1, { keepdims: true })), powers];
    };
    const { difference, byOperator } = await parity(fn, [f32(4, 5)]);
    expect(difference).toBeLessThan(2e-6);
    expect(byOperator).not.toHaveProperty('Softmax');
  });

  it('gradients through them agree', async () => {
    const total = (x: Traced): Traced =>
      [nn.softmax(x.ref), nn.silu(x.ref), nn.gelu(x.ref), nn.softplus(x.ref), np.cumsum(x.ref, 0), layerNorm(x)]
        .map(y => np.sin(y).sum())
        .reduce((a, b) => a.add(b));
    const derive: typeof Grad = grad;
    const { difference } = await parity(x => [derive(total)(x)], [f32(4, 5)]);
    expect(difference).toBeLessThan(1e-5);
  });
});
