// A line-up of channels in which correlated ones stand close: sorted along the Fiedler vector of their graph (Fiedler 1973).
import type { Random } from '../../base/index.js';
import { largestEigenpairs } from './symmetric-eigen.js';

/** Directions that Lanczos looks at: the order needs two or three figures of the vector, not sixteen. */
const steps = 150;

/** A weak tie between all channels, so that the graph has no loose ends. */
const tie = 1e-6;

/**
 * Order of the channels by the second eigenvector of the normalised Laplacian of the graph whose edges weigh |c_ij|
 * (Barnard, Pothen & Simon 1995; normalised as by Shi & Malik 2000). Among equals the smaller number comes first.
 * @param matrix size x size, symmetric. Cost: 150 multiplications by it.
 */
export function spectralOrder(matrix: ArrayLike<number>, size: number, random: Random): number[] {
  const order = Array.from({ length: size }, (_, k) => k);
  if (size < 3) return order;
  const weight = Float64Array.from({ length: size * size }, (_, at) =>
    Math.floor(at / size) === at % size ? 0 : Math.abs(matrix[at]) + tie,
  );
  const degree = order.map(i => weight.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + value, 0));
  const total = Math.sqrt(degree.reduce((sum, value) => sum + value, 0));
  const trivial = Float64Array.from(degree, value => Math.sqrt(value) / total);
  const root = Float64Array.from(degree, Math.sqrt);
  const multiply = (x: Float64Array): Float64Array => {
    const y = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0, at = i * size; j < size; j++, at++) sum += (weight[at] * x[j]) / root[j];
      y[i] = sum / root[i];
    }
    return y;
  };
  const [pair] = largestEigenpairs(multiply, size, { count: 1, steps, random, without: [trivial] });
  if (pair === undefined) return order;
  const place = pair.vector.map((value, k) => value / root[k]);
  // The vector's sign is an accident of the start: the first channel shall be in the first half.
  const sign = place[0] > 0 ? -1 : 1;
  return order.toSorted((a, b) => sign * (place[a] - place[b]) || a - b);
}
