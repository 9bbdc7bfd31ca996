// Rows of the element types in which primitives had no row: whole numbers without a sign, booleans, doubles, and edges.
import { grad, lax, np, vmap } from 'galerkin/compile';
import { bool, f32, f64, i32, type Rows, u32 } from './row.js';

const words = [3, 4294967295, 7, 2147483648, 65536, 9];
const wide = [0, 1e-300, 0.3, -0.5, 0.999, 1, -1, 1.5, -2.7, 6.5, -30, 1e-9];

export const typeRows: Rows = {
  add: [{ does: 'of words wraps round', fn: (a, b) => [a.add(b)], specs: [u32(6), u32(6)], values: [words, words] }],
  mul: [{ does: 'of words wraps round', fn: (a, b) => [a.mul(b)], specs: [u32(6), u32(6)], values: [words, words] }],
  neg: [
    { does: 'of words wraps round', fn: a => [a.neg()], specs: [u32(6)], values: [words] },
    { does: 'of whole numbers', fn: a => [a.neg()], specs: [i32(6)] },
  ],
  idiv: [
    {
      does: 'of words',
      fn: (a, b) => [np.floorDivide(a, b)],
      specs: [u32(6), u32(6)],
      values: [words, [2, 3, 4, 5, 6, 7]],
    },
  ],
  mod: [{ does: 'of words', fn: (a, b) => [a.mod(b)], specs: [u32(6), u32(6)], values: [words, [2, 3, 4, 5, 6, 7]] }],
  min: [
    {
      does: 'of words',
      fn: (a, b) => [np.minimum(a, b)],
      specs: [u32(6), u32(6)],
      values: [words, words.toReversed()],
    },
  ],
  max: [{ does: 'of doubles', fn: (a, b) => [np.maximum(a, b)], specs: [f64(6), f64(6)] }],
  compare: [
    {
      does: 'words',
      fn: (a, b) => [a.ref.less(b.ref), a.lessEqual(b)],
      specs: [u32(6), u32(6)],
      values: [words, words.toReversed()],
    },
    { does: 'doubles', fn: (a, b) => [a.ref.less(b.ref), a.notEqual(b)], specs: [f64(6), f64(6)] },
  ],
  where: [
    {
      does: 'of words',
      fn: (m, a, b) => [np.where(m, a, b)],
      specs: [bool(6), u32(6), u32(6)],
      values: [[0, 1, 0, 1, 1, 0], words, words.toReversed()],
    },
    { does: 'of doubles', fn: (m, a, b) => [np.where(m, a, b)], specs: [bool(6), f64(6), f64(6)] },
  ],
  cast: [
    {
      does: 'holds floats at the limits of whole numbers',
      fn: a => [a.ref.astype(np.int32), a.astype(np.uint32)],
      specs: [f32(7)],
      values: [[3e9, -3e9, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1.7, 7e9]],
      tolerance: 1e-30,
    },
    { does: 'between whole numbers keeps bits', fn: a => [a.astype(np.int32)], specs: [u32(6)], values: [words] },
    { does: 'of words to floats', fn: a => [a.astype(np.float32)], specs: [u32(6)], values: [words] },
    { does: 'of doubles to singles', fn: a => [a.astype(np.float32)], specs: [f64(6)] },
  ],
  reduce: [
    {
      does: 'words',
      fn: a => [a.ref.sum(), a.ref.prod(), a.ref.max(), a.min()],
      specs: [u32(6)],
      values: [words],
      tolerance: 1e-30,
    },
    {
      does: 'keeps what is no number in extremes',
      fn: a => [a.ref.max(1), a.min(0)],
      specs: [f32(2, 3)],
      values: [[1, Number.NaN, 2, 3, 4, 5]],
    },
    { does: 'doubles', fn: a => [a.ref.sum(0), a.max(1)], specs: [f64(3, 4)], tolerance: 1e-14 },
    { does: 'whole numbers', fn: a => [a.ref.sum(0), a.ref.prod(1), a.max(1)], specs: [i32(3, 4)] },
    {
      does: 'whole numbers round their limits',
      fn: a => [a.ref.sum(), a.prod()],
      specs: [i32(5)],
      values: [[2 ** 31 - 1, 2 ** 31 - 1, 12345, 77, 1001]],
      tolerance: 1e-30,
    },
  ],
  dot: [
    {
      does: 'of words',
      fn: (a, b) => [np.matmul(a, b)],
      specs: [u32(3, 2), u32(2, 3)],
      values: [words, words],
      tolerance: 1e-30,
    },
    { does: 'of booleans', fn: (a, b) => [np.dot(a, b)], specs: [bool(3, 4), bool(4)] },
  ],
  conv: [
    {
      does: 'of doubles, with strides, padding and spread kernels',
      fn: (a, b) => [
        lax.convGeneralDilated(
          a,
          b,
          [2, 1],
          [
            [1, 0],
            [0, 2],
          ],
          { rhsDilation: [1, 2] },
        ),
      ],
      specs: [f64(2, 3, 8, 7), f64(4, 3, 3, 2)],
      tolerance: 1e-14,
    },
    {
      does: 'of doubles with its gradients',
      fn: (a, b) => grad((x, y) => lax.conv(x, y, [2, 2], 'VALID').sum(), { argnums: [0, 1] })(a, b),
      specs: [f64(2, 3, 7, 6), f64(4, 3, 3, 2)],
      tolerance: 1e-13,
    },
    {
      does: 'of whole numbers under vmap',
      fn: (a, b) => [vmap((x, y) => lax.conv(x, y, [1], 'VALID'))(a, b)],
      specs: [i32(3, 2, 2, 5), i32(3, 4, 2, 2)],
    },
  ],
  pool: [{ does: 'of doubles', fn: a => [lax.reduceWindow(a, x => x.max(), [2], [1])], specs: [f64(2, 6)] }],
  pool_transpose: [
    {
      does: 'of doubles',
      fn: a => [grad(x => np.square(lax.reduceWindow(x, y => y.mean(), [2], [1])).sum())(a)],
      specs: [f64(2, 6)],
      tolerance: 1e-14,
    },
  ],
  scatter: [
    {
      does: 'of doubles',
      fn: (a, k) => [grad(x => np.square(np.take(x, k, 0)).sum())(a)],
      specs: [f64(6, 4), i32(3)],
      values: [Array.from({ length: 24 }, (_, k) => k / 9), [5, 0, 5]],
      tolerance: 1e-14,
    },
  ],
  gather: [
    {
      does: 'of booleans',
      fn: (a, k) => [np.take(a, k, 0)],
      specs: [bool(6, 2), i32(3)],
      values: [
        [1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1],
        [5, 0, 5],
      ],
    },
  ],
  // The tracer computes these of doubles in single precision: to its digits only. Their own are held in double-precision.test.ts.
  asin: [{ does: 'of doubles', fn: a => [np.asin(a)], specs: [f64(6)], values: [[-1, -0.6, 0, 0.3, 0.9, 1]] }],
  atan: [{ does: 'of doubles', fn: a => [np.atan(a)], specs: [f64(12)], values: [wide], tolerance: 1e-5 }],
  erf: [{ does: 'of doubles', fn: a => [lax.erf(a)], specs: [f64(12)], values: [wide] }],
  erfc: [{ does: 'of doubles', fn: a => [lax.erfc(a)], specs: [f64(12)], values: [wide] }],
};
