// Rows of convolutions, windows and positions.
import { grad, lax, np, vmap } from 'galerkin/compile';
import { f32, i32, type Rows, u32 } from './row.js';

export const windowRows: Rows = {
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
