// Gaussian random fields on the unit square by their Karhunen-Loève expansion in cosines (Neumann boundary).
import { GalerkinError, type Random } from '../base/index.js';
import { checkGrid } from './unit-square.js';

export interface RandomFieldOptions {
  /** Exponent of the covariance; above 1, and larger is smoother. */
  readonly alpha: number;
  /** Inverse length scale, above 0. */
  readonly tau: number;
}

let lastBasis = { n: 0, values: new Float64Array(0) };

/** phi_k(x_i) at row k, column i: 1, then sqrt(2) cos(pi k x_i); orthonormal on [0, 1]. Kept for the last n. */
function cosineBasis(n: number): Float64Array {
  if (lastBasis.n === n) return lastBasis.values;
  const values = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      // The angle is reduced in whole numbers first, so that high modes keep their accuracy.
      const turn = (k * i) % (2 * (n - 1));
      values[k * n + i] = k === 0 ? 1 : Math.SQRT2 * Math.cos((Math.PI * turn) / (n - 1));
    }
  }
  lastBasis = { n, values };
  return values;
}

/** Standard deviation of mode (k, l): tau^(alpha-1) (pi²(k²+l²) + tau²)^(-alpha/2), the square root of the covariance's spectrum. */
export function modeDeviation(k: number, l: number, { alpha, tau }: RandomFieldOptions): number {
  return k === 0 && l === 0 ? 0 : tau ** (alpha - 1) * (Math.PI ** 2 * (k * k + l * l) + tau * tau) ** (-alpha / 2);
}

/**
 * Draws the modes shell by shell, max(k, l) = 1, 2, …, so that the same stream gives the same field on every grid,
 * only with more detail on a finer one.
 */
function drawModes(n: number, options: RandomFieldOptions, random: Random): Float64Array {
  const modes = new Float64Array(n * n);
  for (let shell = 1; shell < n; shell++) {
    for (let k = 0; k <= shell; k++) modes[shell * n + k] = modeDeviation(k, shell, options) * random.normal();
    for (let l = 0; l < shell; l++) modes[l * n + shell] = modeDeviation(shell, l, options) * random.normal();
  }
  return modes;
}

/** out = aᵀ b for n x n row-major matrices. */
function transposedProduct(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let row = 0; row < n; row++) {
      const factor = a[k * n + row];
      for (let column = 0, o = row * n, q = k * n; column < n; column++) out[o + column] += factor * b[q + column];
    }
  }
  return out;
}

/**
 * A sample of N(0, tau^(2 alpha - 2) (-Laplace + tau²)^(-alpha)) with Neumann boundary and zero mean, at the n x n
 * nodes of `unitSquare(n)`, row-major [y, x]. Modes up to n - 1 per axis; cost 2n³ multiply-adds.
 * @throws GRID_INVALID for bad n, OPTIONS_INVALID unless alpha > 1 and tau > 0.
 */
export function gaussianRandomField(n: number, options: RandomFieldOptions, random: Random): Float64Array {
  checkGrid(n, 2);
  const faults = [
    ...(options.alpha > 1 && Number.isFinite(options.alpha) ? [] : [`alpha: wanted above 1, got ${options.alpha}`]),
    ...(options.tau > 0 && Number.isFinite(options.tau) ? [] : [`tau: wanted above 0, got ${options.tau}`]),
  ];
  if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'gaussianRandomField', faults });
  const basis = cosineBasis(n);
  const modes = drawModes(n, options, random);
  // field = Φᵀ M Φ, with M symmetric in its role: first sum over rows, then over columns.
  const half = transposedProduct(modes, basis, n);
  return transposedProduct(basis, half, n);
}
