// The Poisson problem on the grid, solved exactly by sine transforms: two products with one constant matrix each way.
import { np, type Traced } from '../compile/index.js';
import { constantArray } from './traced-arrays.js';

/** Orthonormal, symmetric sine matrix of the m = n - 2 interior nodes of a line: it is its own inverse. */
function sineMatrix(m: number): Float32Array {
  const scale = Math.sqrt(2 / (m + 1));
  return Float32Array.from({ length: m * m }, (_, k) => {
    const [row, column] = [Math.floor(k / m), k % m];
    return scale * Math.sin((Math.PI * (row + 1) * (column + 1)) / (m + 1));
  });
}

/** 1 / eigenvalue of the five-point operator 4u - (sum of the four neighbours), by sine modes (ky, kx). */
function inverseEigenvalues(m: number): Float32Array {
  const along = (k: number): number => 2 - 2 * Math.cos((Math.PI * (k + 1)) / (m + 1));
  return Float32Array.from({ length: m * m }, (_, k) => 1 / (along(Math.floor(k / m)) + along(k % m)));
}

/**
 * Solves -Δz = r with P1 elements on the n x n grid, z = 0 on the boundary.
 * @param load assembled load vectors at all nodes, [batch, n, n]; boundary values are ignored.
 * @returns z at all nodes, [batch, n, n]. Cost: 8·(n-2)³ flops for each field.
 */
export function solveGridPoisson(load: Traced): Traced {
  const n = load.shape[1];
  const m = n - 2;
  const sines = constantArray(sineMatrix(m), [m, m]);
  const inverse = constantArray(inverseEigenvalues(m), [m, m]);
  const transform = (field: Traced): Traced => np.einsum('pj,bji->bpi', sines, np.matmul(field, sines));
  const z = transform(transform(load.slice([], [1, n - 1], [1, n - 1])).mul(inverse));
  return np.pad(z, [
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
}
