// Every primitive that can be lowered gives natively what the tracer gives: one row a primitive, at least.
import { grad, lax, np, ready, type Spec, vmap } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { rules } from '../../dist/compile/rules/table.js';
import { type ArrayFunction, f32, parity } from './parity.js';

const i32 = (...shape: number[]): Spec => ({ shape, dtype: 'int32' });
const u32 = (...shape: number[]): Spec => ({ shape, dtype: 'uint32' });
const f64 = (...shape: number[]): Spec => ({ shape, dtype: 'float64' });
const bool = (...shape: number[]): Spec => ({ shape, dtype: 'bool' });

interface Row {
  readonly does: string;
  readonly fn: ArrayFunction;
  readonly specs: readonly Spec[];
  readonly values?: readonly (readonly number[])[];
}

const square = f32(4, 5);
const edges = [-2, -0.5, -0, 0, 0.25, 1, 3, 1e-20];
const positive = [[0.1, 0.5, 1, 2, 30, 1e4]];

const table: Readonly<Record<string, readonly Row[]>> = {
  add: [
    { does: 'broadcasts', fn: (a, b) => [a.add(b)], specs: [f32(3, 1, 5), f32(4, 1)] },
    { does: 'meets plain numbers', fn: a => [a.add(2.5)], specs: [square] },
    { does: 'keeps doubles beside plain numbers', fn: a => [a.add(0.1)], specs: [f64(6)] },
    { does: 'keeps whole numbers', fn: (a, b) => [a.add(b)], specs: [i32(6), i32(6)] },
    { does: 'widens whole numbers to floats', fn: (a, b) => [a.add(b)], specs: [i32(6), f32(6)] },
    { does: 'of booleans is or', fn: (a, b) => [a.add(b)], specs: [bool(9), bool(9)] },
    { does: 'folds a negation into a subtraction', fn: (a, b) => [a.sub(b)], specs: [square, square] },
  ],
  mul: [
    { does: 'broadcasts transposed operands', fn: (a, b) => [a.transpose().mul(b)], specs: [f32(5, 4), f32(4, 5)] },
    { does: 'folds a reciprocal into a division', fn: (a, b) => [a.div(b)], specs: [square, square] },
    { does: 'divides numbers by arrays', fn: a => [np.divide(3, a)], specs: [square] },
    { does: 'of booleans is and', fn: (a, b) => [a.mul(b)], specs: [bool(9), bool(9)] },
  ],
  idiv: [
    {
      does: 'truncates whole numbers',
      fn: (a, b) => [np.trunc(a.astype(np.float32).div(b.astype(np.float32))).astype(np.int32)],
      specs: [i32(4), i32(4)],
      values: [
        [7, -7, 7, -7],
        [2, 2, -2, -2],
      ],
    },
    { does: 'floors floats', fn: a => [np.floorDivide(a, 0.3)], specs: [square] },
    {
      does: 'floors whole numbers',
      fn: (a, b) => [np.floorDivide(a, b)],
      specs: [i32(4), i32(4)],
      values: [
        [7, -7, 7, -7],
        [2, 2, -2, -2],
      ],
    },
  ],
  mod: [
    {
      does: 'takes the sign of the dividend',
      fn: (a, b) => [a.mod(b)],
      specs: [f32(4), f32(4)],
      values: [
        [7, -7, 7.5, -7.5],
        [2, 2, -2, -2],
      ],
    },
    {
      does: 'of whole numbers',
      fn: (a, b) => [a.mod(b)],
      specs: [i32(4), i32(4)],
      values: [
        [7, -7, 7, -7],
        [2, 2, -2, -2],
      ],
    },
  ],
  min: [
    { does: 'clips', fn: a => [np.clip(a, -0.5, 0.5)], specs: [square] },
    { does: 'of whole numbers', fn: (a, b) => [np.minimum(a, b)], specs: [i32(8), i32(8)] },
  ],
  max: [
    { does: 'rectifies', fn: a => [np.maximum(a, 0)], specs: [square] },
    { does: 'gives magnitudes', fn: a => [np.abs(a)], specs: [square] },
    { does: 'passes gradients of magnitudes', fn: a => [grad(x => np.abs(x).sum())(a)], specs: [square] },
  ],
  bit_combine: [
    { does: 'inverts masks', fn: (a, b) => [np.logicalAnd(a, np.logicalNot(b))], specs: [bool(9), bool(9)] },
    { does: 'of whole numbers', fn: (a, b) => [np.bitwiseXor(a, b)], specs: [i32(9), i32(9)] },
  ],
  neg: [{ does: 'negates', fn: a => [a.neg()], specs: [square] }],
  reciprocal: [{ does: 'inverts', fn: a => [np.reciprocal(a)], specs: [square] }],
  floor: [{ does: 'rounds down', fn: a => [np.floor(a.mul(3))], specs: [square] }],
  ceil: [{ does: 'rounds up', fn: a => [np.ceil(a.mul(3))], specs: [square] }],
  stop_gradient: [
    { does: 'is the identity', fn: a => [grad(x => lax.stopGradient(x.ref).mul(x).sum())(a)], specs: [square] },
  ],
  cast: [
    { does: 'cuts floats', fn: a => [a.mul(5).astype(np.int32)], specs: [square] },
    { does: 'makes floats of masks', fn: a => [a.astype(np.float32).sum()], specs: [bool(20)] },
    { does: 'makes doubles', fn: a => [a.astype(np.float64).mul(1 / 3)], specs: [square] },
  ],
  sin: [{ does: 'of floats', fn: a => [np.sin(a)], specs: [square] }],
  cos: [{ does: 'of floats', fn: a => [np.cos(a)], specs: [square] }],
  asin: [{ does: 'of floats', fn: a => [np.asin(a)], specs: [f32(5)], values: [[-1, -0.4, 0, 0.7, 1]] }],
  atan: [{ does: 'of floats', fn: a => [np.atan(a)], specs: [square] }],
  exp: [
    { does: 'of floats', fn: a => [np.exp(a)], specs: [square] },
    { does: 'makes hyperbolic tangents', fn: a => [np.tanh(a)], specs: [square] },
    { does: 'makes soft maxima', fn: a => [np.exp(a.ref.sub(a.max(1, { keepdims: true })))], specs: [square] },
  ],
  log: [{ does: 'of floats', fn: a => [np.log(a)], specs: [f32(6)], values: positive }],
  erf: [{ does: 'of floats', fn: a => [lax.erf(a)], specs: [f32(8)], values: [edges] }],
  erfc: [{ does: 'of floats', fn: a => [lax.erfc(a)], specs: [square] }],
  sqrt: [
    {
      does: 'with its gradient',
      fn: a => [np.sqrt(a.ref), grad(x => np.sqrt(x).sum())(a)],
      specs: [f32(6)],
      values: positive,
    },
  ],
  compare: [
    {
      does: 'in all ways',
      fn: (a, b) => [
        a.ref.less(b.ref),
        a.ref.lessEqual(b.ref),
        a.ref.greater(b.ref),
        a.ref.greaterEqual(b.ref),
        a.ref.equal(b.ref),
        a.notEqual(b),
      ],
      specs: [i32(30), i32(30)],
    },
    { does: 'floats with plain numbers', fn: a => [a.greater(0.2)], specs: [square] },
  ],
  where: [{ does: 'selects', fn: (m, a, b) => [np.where(m, a, b)], specs: [bool(4, 1), square, f32(5)] }],
  transpose: [
    { does: 'then adds', fn: (a, b) => [a.transpose([2, 0, 1]).add(b)], specs: [f32(3, 4, 2), f32(2, 3, 4)] },
  ],
  reshape: [
    {
      does: 'splits and merges',
      fn: a => [a.reshape([2, 3, 10]).transpose([1, 0, 2]).reshape([6, 10])],
      specs: [f32(6, 10)],
    },
    { does: 'cuts unevenly', fn: a => [a.transpose().reshape([4, 15])], specs: [f32(6, 10)] },
    { does: 'makes scalars', fn: a => [a.reshape([])], specs: [f32(1, 1)] },
  ],
  broadcast: [
    { does: 'as a result', fn: a => [np.broadcastTo(a, [3, 4, 5])], specs: [f32(4, 1)] },
    { does: 'of scalars', fn: a => [np.broadcastTo(a, [2, 2])], specs: [f32()] },
  ],
  shrink: [
    { does: 'takes ranges', fn: a => [a.slice([1, 3], [2, 5])], specs: [f32(4, 6)] },
    { does: 'takes single positions of transposes', fn: a => [a.transpose().slice(2)], specs: [f32(4, 6)] },
    { does: 'of repeats', fn: a => [np.broadcastTo(a, [7, 5]).slice([2, 5])], specs: [f32(5)] },
  ],
  pad: [
    {
      does: 'with zeros',
      fn: a => [
        np.pad(a, [
          [1, 2],
          [0, 3],
        ]),
      ],
      specs: [square],
    },
    {
      does: 'of transposes',
      fn: a => [
        np.pad(a.transpose(), [
          [1, 0],
          [2, 0],
        ]),
      ],
      specs: [square],
    },
    {
      does: 'of constants',
      fn: a => [
        np
          .pad(np.ones([2, 2]), [
            [1, 1],
            [1, 1],
          ])
          .add(a),
      ],
      specs: [f32(4, 4)],
    },
  ],
  flip: [{ does: 'two axes', fn: a => [np.flip(a, [0, 1])], specs: [square] }],
  split: [{ does: 'into uneven parts', fn: a => np.split(a, [1, 3], 1), specs: [square] }],
  concatenate: [
    {
      does: 'of different layouts',
      fn: (a, b) => [np.concatenate([a.transpose(), b], 0)],
      specs: [f32(4, 5), f32(2, 4)],
    },
    { does: 'stacks along a new axis', fn: (a, b) => [np.stack([a, b], 1)], specs: [square, square] },
  ],
  reduce: [
    {
      does: 'sums, products, extremes',
      fn: a => [a.ref.sum(0), a.ref.prod(1), a.ref.max(1), a.min()],
      specs: [square],
    },
    { does: 'of transposes', fn: a => [a.transpose([1, 2, 0]).sum([0, 2])], specs: [f32(3, 4, 5)] },
    {
      does: 'of repeats',
      fn: a => [
        np.broadcastTo(a.ref, [3, 5]).sum(0),
        np.broadcastTo(a.ref, [3, 5]).prod(0),
        np.broadcastTo(a, [3, 5]).max(0),
      ],
      specs: [f32(5)],
    },
    { does: 'of constants', fn: a => [a.add(np.ones([4]).sum())], specs: [square] },
    { does: 'any and all', fn: a => [a.ref.any(0), a.all(1)], specs: [bool(3, 4)] },
    { does: 'means and deviations', fn: a => [np.mean(a.ref, [0]), np.std(a, [1])], specs: [square] },
    { does: 'gradient of a maximum', fn: a => [grad(x => np.max(x))(a)], specs: [square] },
  ],
  dot: [
    { does: 'of matrices', fn: (a, b) => [np.matmul(a, b)], specs: [f32(7, 5), f32(5, 6)] },
    { does: 'of vectors', fn: (a, b) => [np.dot(a, b)], specs: [f32(9), f32(9)] },
    { does: 'of a vector and a matrix', fn: (a, b) => [np.matmul(a, b)], specs: [f32(5), f32(5, 6)] },
    { does: 'outer', fn: (a, b) => [np.outer(a, b)], specs: [f32(5), f32(6)] },
    { does: 'in batches', fn: (a, b) => [np.matmul(a, b)], specs: [f32(3, 4, 5), f32(3, 5, 2)] },
    { does: 'in broadcast batches', fn: (a, b) => [np.matmul(a, b)], specs: [f32(2, 1, 4, 5), f32(3, 5, 2)] },
    { does: 'by index letters', fn: (a, b) => [np.einsum('bchw,cd->bdhw', a, b)], specs: [f32(2, 3, 4, 5), f32(3, 6)] },
    {
      does: 'with shared letters in odd places',
      fn: (a, b) => [np.einsum('bcrk,kcd->krbd', a, b)],
      specs: [f32(2, 3, 2, 4), f32(4, 3, 5)],
    },
    { does: 'of rows with rows', fn: (a, b) => [np.einsum('bi,bi->b', a, b)], specs: [f32(6, 7), f32(6, 7)] },
    { does: 'with letters of one side only', fn: (a, b) => [np.einsum('ij,k->i', a, b)], specs: [f32(3, 4), f32(5)] },
    { does: 'of whole numbers', fn: (a, b) => [np.matmul(a, b.transpose())], specs: [i32(3, 4), i32(2, 4)] },
    { does: 'of doubles', fn: (a, b) => [np.matmul(a.transpose(), b)], specs: [f64(4, 3), f64(4, 2)] },
    {
      does: 'with its gradients',
      fn: (a, b) => grad((x, y) => np.sin(np.matmul(x, y)).sum(), { argnums: [0, 1] })(a, b),
      specs: [f32(3, 4, 5), f32(5, 2)],
    },
  ],
  conv: [
    {
      does: 'with strides and padding',
      fn: (a, b) => [
        lax.conv(
          a,
          b,
          [2, 1],
          [
            [1, 0],
            [0, 2],
          ],
        ),
      ],
      specs: [f32(2, 3, 8, 7), f32(4, 3, 3, 2)],
    },
    {
      does: 'with its gradients',
      fn: (a, b) => grad((x, y) => np.sin(lax.conv(x, y, [1, 1], 'SAME')).sum(), { argnums: [0, 1] })(a, b),
      specs: [f32(2, 3, 6, 5), f32(4, 3, 3, 3)],
    },
    {
      does: 'with gradients through strides',
      fn: (a, b) => grad((x, y) => np.sin(lax.conv(x, y, [2, 2], 'VALID')).sum(), { argnums: [0, 1] })(a, b),
      specs: [f32(2, 3, 7, 6), f32(4, 3, 3, 2)],
    },
    {
      does: 'under vmap',
      fn: (a, b) => [vmap((x, y) => lax.conv(x, y, [1, 1], 'VALID'))(a, b)],
      specs: [f32(3, 2, 2, 5, 5), f32(3, 4, 2, 2, 2)],
    },
  ],
  pool: [
    { does: 'maximum of windows', fn: a => [lax.reduceWindow(a, x => x.max(), [2, 3], [2, 1])], specs: [f32(2, 6, 7)] },
  ],
  pool_transpose: [
    {
      does: 'gradient of window means',
      fn: a => [grad(x => np.sin(lax.reduceWindow(x, y => y.mean(), [2, 3], [2, 2])).sum())(a)],
      specs: [f32(2, 6, 7)],
    },
    {
      does: 'gradient of overlapping windows',
      fn: a => [grad(x => np.sin(lax.reduceWindow(x, y => y.mean(), [3], [1])).sum())(a)],
      specs: [f32(3, 7)],
    },
  ],
  gather: [
    {
      does: 'rows',
      fn: (a, k) => [a.slice(k)],
      specs: [f32(6, 4), i32(3)],
      values: [Array.from({ length: 24 }, (_, k) => k), [5, 0, 5]],
    },
    {
      does: 'by constant tables',
      fn: a => [np.take(a, np.array(new Int32Array([0, 3, 5, 1, 1, 2])).reshape([2, 3]), 1)],
      specs: [f32(2, 6)],
    },
    {
      does: 'along two axes',
      fn: (a, k, l) => [a.slice(k, [], l)],
      specs: [f32(4, 3, 5), i32(2), i32(2)],
      values: [Array.from({ length: 60 }, (_, k) => k), [3, 1], [0, 4]],
    },
    {
      does: 'of transposes',
      fn: (a, k) => [np.take(a.transpose([1, 2, 0]), k, 1)],
      specs: [f32(3, 4, 5), u32(2)],
      values: [Array.from({ length: 60 }, (_, k) => k), [4, 2]],
    },
  ],
  scatter: [
    {
      does: 'as the gradient of rows',
      fn: (a, k) => [grad(x => np.sin(x.slice(k.ref)).sum())(a)],
      specs: [f32(6, 4), i32(3)],
      values: [Array.from({ length: 24 }, (_, k) => k / 9), [5, 0, 5]],
    },
    {
      does: 'as the gradient of inner axes',
      fn: (a, k) => [grad(x => np.sin(np.take(x, k.ref, 1)).sum())(a)],
      specs: [f32(3, 4, 2), i32(3)],
      values: [Array.from({ length: 24 }, (_, k) => k / 9), [3, 0, 3]],
    },
  ],
};

beforeAll(ready);

describe.each(Object.entries(table))('%s', (_primitive, rows) => {
  it.each(rows.map(row => [row.does, row] as const))('%s', async (_does, { fn, specs, values }) => {
    const { difference } = await parity(fn, specs, values === undefined ? {} : { values });
    expect(difference).toBeLessThan(1e-5);
  });
});

it('has rows for exactly the primitives that have rules', () => {
  expect(Object.keys(table).sort()).toEqual([...rules.keys()].sort());
});
