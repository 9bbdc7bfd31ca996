// Spectral convolution: transform, mix the channels of each kept mode by its own complex matrix, transform back (Li et al. 2021).
import { np, type Traced } from '../compile/index.js';
import type { FourierMatrices } from './fourier-matrices.js';
import { constantArray } from './traced-arrays.js';

/** The four matrices as arrays of the tracer. */
export type FourierArrays = { readonly [Name in keyof FourierMatrices]: Traced };

export function fourierArrays({ forwardX, forwardY, inverseY, inverseX }: FourierMatrices): FourierArrays {
  return {
    forwardX: constantArray(forwardX.data, forwardX.shape),
    forwardY: constantArray(forwardY.data, forwardY.shape),
    inverseY: constantArray(inverseY.data, inverseY.shape),
    inverseX: constantArray(inverseX.data, inverseX.shape),
  };
}

/**
 * Maps x [batch, channels, n, n] to the same shape.
 * @param weights [2·modes·modes, channels, 2·channels]: for each mode (ky, kx) the real parts beside the imaginary parts.
 * All of it is matrix products; nothing complex is left at run time.
 */
export function spectralConvolution(x: Traced, weights: Traced, fourier: FourierArrays): Traced {
  const [batch, channels, n] = x.shape;
  const modes = fourier.forwardX.shape[1] / 2;
  const kept = 2 * modes * modes;
  const alongX = np.matmul(x, fourier.forwardX).reshape([batch, channels, 2 * n, modes]);
  const spectrum = np.einsum('ph,bchq->bcpq', fourier.forwardY, alongX).reshape([batch, channels, 2, kept]);
  const products = np.einsum('bcrk,kcd->krbd', spectrum, weights).reshape([kept, 2, batch, 2, channels]);
  const mixed = complexSum(products)
    .reshape([2, 2 * modes, modes, batch, channels])
    .transpose([3, 4, 0, 1, 2])
    .reshape([batch, channels, 4 * modes, modes]);
  const alongY = np.einsum('pk,bckq->bcpq', fourier.inverseY, mixed).reshape([batch, channels, n, 2 * modes]);
  return np.matmul(alongY, fourier.inverseX);
}

/** From the four real products (part of x, part of weight) to the two parts of the complex product. */
function complexSum(products: Traced): Traced {
  const realReal = products.slice([], 0, [], 0, []);
  const realImaginary = products.slice([], 0, [], 1, []);
  const imaginaryReal = products.slice([], 1, [], 0, []);
  const imaginaryImaginary = products.slice([], 1, [], 1, []);
  return np.stack([realReal.sub(imaginaryImaginary), realImaginary.add(imaginaryReal)], 0);
}
