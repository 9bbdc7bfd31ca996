// Darcy flow through two kinds of rock, the data of Li et al. 2021 (Fourier neural operator): -div(a grad u) = 1, u = 0 on the boundary.
import { dot, grad, times } from './expression.js';
import type { Problem } from './problem.js';
import { gaussianRandomField } from './random-field.js';
import { unitSquare } from './unit-square.js';

const low = 3;
const high = 12;

/** Permeability 12 where a Gaussian field N(0, (-Laplace + 9)^-2) is at least 0, and 3 elsewhere. */
export const darcy: Problem = Object.freeze<Problem>({
  name: 'darcy',
  title: 'Darcy flow',
  equation: '-div(a grad u) = f in the unit square, u = 0 on its boundary',
  mesh: unitSquare,
  coefficients: [{ name: 'a', symbol: 'a', unit: '1', description: 'permeability', range: [1e-3, 1e3], finite: true }],
  constants: { f: 1 },
  unknown: { name: 'u', symbol: 'u', unit: '1', description: 'pressure', finite: true },
  bilinear: (u, v, { a }) => times(a, dot(grad(u), grad(v))),
  linear: (v, { f }) => times(f, v),
  sample: (n, random) => ({
    a: gaussianRandomField(n, { alpha: 2, tau: 3 }, random).map(z => (z >= 0 ? high : low)),
  }),
});
