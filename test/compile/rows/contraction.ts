// Rows of sums and products of matrices.
import { grad, np } from 'galerkin/compile';
import { bool, f32, f64, i32, type Rows, square } from './row.js';

export const contractionRows: Rows = {
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
};
