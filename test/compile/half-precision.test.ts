// Half precision, end to end: the same function in float32 is the truth, to the digits of a half.
import { fromFloat16, seededRandom, type Tensor, toFloat16 } from 'galerkin/base';
import { compileNative, grad, lax, nn, np, ready, type Spec, type Traced } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { numbersOf, tensor } from './parity.js';

beforeAll(ready);

type ArrayFunction = (...args: Traced[]) => Traced;

const half = (shape: readonly number[], values: readonly number[]): Tensor => tensor('float16', shape, values);

/** Numbers that a half holds exactly. */
function halves(shape: readonly number[], seed: number): number[] {
  const random = seededRandom(seed);
  const count = shape.reduce((total, size) => total * size, 1);
  return Array.from({ length: count }, () => fromFloat16(toFloat16(random.normal())));
}

async function both(fn: ArrayFunction, shapes: readonly (readonly number[])[]) {
  const specs = (dtype: Spec['dtype']): Spec[] => shapes.map(shape => ({ shape, dtype }));
  const numbers = shapes.map((shape, k) => halves(shape, k + 1));
  const [small, wide] = await Promise.all([compileNative(fn, specs('float16')), compileNative(fn, specs('float32'))]);
  try {
    const got = await small.run(...shapes.map((shape, k) => half(shape, numbers[k] ?? [])));
    const truth = await wide.run(...shapes.map((shape, k) => tensor('float32', shape, numbers[k] ?? [])));
    return { got, truth };
  } finally {
    await Promise.all([small.close(), wide.close()]);
  }
}

const cases: readonly (readonly [string, ArrayFunction, readonly (readonly number[])[]])[] = [
  ['arithmetic with plain numbers', (a, b) => a.mul(0.5).add(b).sub(1.25).div(b.mul(b).add(2)), [[4, 5], [5]]],
  [
    'functions',
    a =>
      np
        .sin(a)
        .add(np.exp(np.tanh(a)))
        .add(np.sqrt(np.abs(a)))
        .add(lax.erf(a)),
    [[4, 5]],
  ],
  ['inverse angles', a => np.atan(a).add(np.asin(np.tanh(a))), [[4, 5]]],
  ['logarithms and reciprocals', a => np.log(np.square(a).add(1)).add(np.reciprocal(np.square(a).add(1))), [[4, 5]]],
  [
    'matrix products',
    (a, b) => np.matmul(a, b),
    [
      [4, 5],
      [5, 6],
    ],
  ],
  [
    'stacks of products',
    (a, b) => np.einsum('bij,bkj->bik', a, b),
    [
      [3, 4, 5],
      [3, 2, 5],
    ],
  ],
  [
    'convolution',
    (a, b) => lax.conv(a, b, [1, 1], 'SAME'),
    [
      [2, 3, 6, 5],
      [4, 3, 3, 3],
    ],
  ],
  ['sums and extremes', a => np.sum(a, 0).add(np.max(a, 0)).add(np.min(a, 0)).add(np.prod(a, 0)), [[4, 5]]],
  ['activations', a => nn.gelu(a).add(nn.silu(a)).add(nn.relu(a)).add(nn.softplus(a)).add(nn.leakyRelu(a)), [[4, 5]]],
  ['sigmoid times its argument', a => a.mul(nn.sigmoid(a)), [[4, 5]]],
  ['exact Gaussian units', a => nn.gelu(a, { approximate: false }), [[4, 5]]],
  ['softmax', a => nn.softmax(a).add(nn.logSoftmax(a, 0)), [[4, 5]]],
  ['cumulative sums', a => np.cumsum(a, 1), [[4, 5]]],
  ['sorts', a => np.sort(a, 0), [[4, 5]]],
  ['positions', a => np.take(a, np.array(new Int32Array([2, 0, 2])), 1), [[4, 5]]],
  ['windows', a => lax.reduceWindow(a, x => x.max(), [2, 2], [1, 1]), [[4, 5]]],
  ['moves', a => np.concatenate([np.pad(a.transpose(), 1), np.flip(np.pad(a.transpose(), 1), 0)], 1), [[4, 5]]],
  [
    'selection',
    (a, b) => np.where(a.less(b), a, b.mul(2)),
    [
      [4, 5],
      [4, 5],
    ],
  ],
  ['transforms', a => np.fft.rfft(a).real, [[3, 8]]],
  ['casts', a => a.astype(np.float32).mul(0.1).astype(np.float16).astype(np.float32), [[4, 5]]],
  [
    'gradients',
    (a, b) => grad((x: Traced) => np.sin(np.matmul(x, b)).sum())(a),
    [
      [4, 5],
      [5, 3],
    ],
  ],
  [
    'gradients through positions',
    a => grad((x: Traced) => np.square(np.take(x, np.array(new Int32Array([2, 0, 2])), 1)).sum())(a),
    [[4, 5]],
  ],
];

describe('agrees with single precision to three digits', () => {
  it.each(cases)('%s', async (name, fn, shapes) => {
    const { got, truth } = await both(fn, shapes);
    expect(got.shape).toEqual(truth.shape);
    expect(got.dtype).toBe(name === 'casts' ? 'FP32' : 'FP16');
    const wanted = numbersOf(truth);
    const numbers = numbersOf(got);
    const scale = Math.max(1, ...wanted.map(Math.abs));
    const gap = Math.max(...numbers.map((value, k) => Math.abs(value - (wanted[k] ?? Number.NaN)) / scale));
    expect(gap).toBeLessThan(4e-3);
  });
});

it('keeps infinity and what is no number', async () => {
  const native = await compileNative((a: Traced) => a.mul(1000), [{ shape: [4], dtype: 'float16' }]);
  const result = await native.run(half([4], [1000, -1000, Number.NaN, 0]));
  expect(numbersOf(result)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0]);
  await native.close();
});
