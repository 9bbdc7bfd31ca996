// Rows of functions of one number.
import { grad, lax, np } from 'galerkin/compile';
import { edges, f32, positive, type Rows, square } from './row.js';

export const functionRows: Rows = {
  floor: [{ does: 'rounds down', fn: a => [np.floor(a.mul(3))], specs: [square] }],
  ceil: [{ does: 'rounds up', fn: a => [np.ceil(a.mul(3))], specs: [square] }],
  stop_gradient: [
    { does: 'is the identity', fn: a => [grad(x => lax.stopGradient(x.ref).mul(x).sum())(a)], specs: [square] },
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
};
