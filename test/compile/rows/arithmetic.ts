// Rows of arithmetic.
import { grad, np } from 'galerkin/compile';
import { bool, f32, f64, i32, type Rows, square } from './row.js';

export const arithmeticRows: Rows = {
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
  neg: [{ does: 'negates', fn: a => [a.neg()], specs: [square] }],
  reciprocal: [{ does: 'inverts', fn: a => [np.reciprocal(a)], specs: [square] }],
};
