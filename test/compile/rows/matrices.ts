// Rows of linear systems, factors and Fourier transforms.
import { grad, lax, np, type Traced } from 'galerkin/compile';
import { f32, f64, type Rows } from './row.js';

/** A matrix that is far from singular: a random one and a diagonal. */
const regular = (a: Traced, size: number): Traced => a.add(np.eye(size).mul(size));
/** A positive definite matrix. */
const definite = (a: Traced, size: number): Traced =>
  np.matmul(a.ref, np.matrixTranspose(a)).add(np.eye(size).mul(size));
const pair = ({ real, imag }: { real: Traced; imag: Traced }): Traced[] => [real, imag];

export const matrixRows: Rows = {
  triangular_solve: [
    {
      does: 'lower systems',
      fn: (a, b) => [lax.linalg.triangularSolve(regular(a, 5), b, { leftSide: true, lower: true })],
      specs: [f32(5, 5), f32(5, 3)],
    },
    {
      does: 'upper systems with ones on the diagonal, in batches',
      fn: (a, b) => [lax.linalg.triangularSolve(a.mul(0.3), b, { leftSide: true, unitDiagonal: true })],
      specs: [f32(2, 4, 4), f32(2, 4, 3)],
    },
    {
      does: 'in doubles',
      fn: (a, b) => [lax.linalg.triangularSolve(regular(a, 6), b, { leftSide: true, lower: true })],
      specs: [f64(6, 6), f64(6, 2)],
      tolerance: 1e-13,
    },
  ],
  cholesky: [
    { does: 'factors', fn: a => [np.linalg.cholesky(definite(a, 5))], specs: [f32(5, 5)] },
    { does: 'factors in batches', fn: a => [np.linalg.cholesky(definite(a, 3))], specs: [f32(4, 3, 3)] },
    { does: 'doubles', fn: a => [np.linalg.cholesky(definite(a, 7))], specs: [f64(7, 7)], tolerance: 1e-13 },
    {
      does: 'with its gradient',
      fn: a => [grad(x => np.sin(np.linalg.cholesky(definite(x, 4))).sum())(a)],
      specs: [f32(4, 4)],
      tolerance: 1e-4,
    },
    { does: 'of one number', fn: a => [np.linalg.cholesky(a)], specs: [f32(1, 1)], values: [[4]] },
  ],
  lu: [
    { does: 'square matrices', fn: a => lax.linalg.lu(a), specs: [f32(6, 6)] },
    { does: 'tall matrices in batches', fn: a => lax.linalg.lu(a), specs: [f32(2, 5, 3)] },
    { does: 'wide matrices', fn: a => lax.linalg.lu(a), specs: [f64(3, 5)], tolerance: 1e-13 },
    {
      does: 'singular matrices',
      fn: a => lax.linalg.lu(a),
      specs: [f32(3, 3)],
      values: [[0, 0, 0, 0, 2, 1, 0, 4, 2]],
    },
    { does: 'solves systems', fn: (a, b) => [np.linalg.solve(a, b)], specs: [f64(6, 6), f64(6, 2)], tolerance: 1e-12 },
    { does: 'makes determinants', fn: a => [np.linalg.det(a)], specs: [f32(3, 4, 4)], tolerance: 1e-4 },
    { does: 'makes inverses', fn: a => [np.linalg.inv(a)], specs: [f64(5, 5)], tolerance: 1e-12 },
  ],
  fft: [
    {
      does: 'of complex numbers',
      fn: (a, b) => pair(np.fft.fft({ real: a, imag: b })),
      specs: [f32(3, 12), f32(3, 12)],
    },
    { does: 'of real numbers', fn: a => pair(np.fft.rfft(a)), specs: [f32(3, 16)] },
    {
      does: 'backward',
      fn: (a, b) => pair(np.fft.ifft({ real: a, imag: b })),
      specs: [f32(2, 15), f32(2, 15)],
    },
    { does: 'of a long axis in two steps', fn: a => pair(np.fft.rfft(a)), specs: [f32(2, 600)] },
    { does: 'of a longer axis in doubles', fn: a => pair(np.fft.rfft(a)), specs: [f64(2, 1024)], tolerance: 1e-13 },
    { does: 'of a prime length', fn: a => pair(np.fft.rfft(a)), specs: [f32(2, 101)] },
    { does: 'of two axes', fn: a => pair(np.fft.rfft2(a)), specs: [f32(6, 8)] },
    {
      does: 'with its gradient',
      fn: a => [grad(x => np.square(np.fft.rfft(x).real).sum())(a)],
      specs: [f32(3, 8)],
    },
  ],
};
