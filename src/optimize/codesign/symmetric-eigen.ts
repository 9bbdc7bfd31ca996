// Eigenpairs of symmetric matrices: Lanczos with full reorthogonalisation, and implicit QL for the tridiagonal matrix it leaves.
import type { Random } from '../../base/index.js';

export interface EigenPair {
  readonly value: number;
  /** Of length 1 in the Euclidean norm. */
  readonly vector: Float64Array;
}

export type Multiply = (vector: Float64Array) => Float64Array;

export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
};

/** y += a·x. */
function addTimes(y: Float64Array, a: number, x: Float64Array): void {
  for (let k = 0; k < y.length; k++) y[k] += a * x[k];
}

/** x / |x|; undefined for what is zero up to rounding of vectors of length `scale`. */
function normalized(x: Float64Array, scale: number): Float64Array | undefined {
  const norm = Math.sqrt(dot(x, x));
  return norm > 1e-13 * scale ? x.map(value => value / norm) : undefined;
}

const maxSweeps = 60;

/** One implicit QL step of the unreduced block from `from` to `to` (Golub & Van Loan, Matrix Computations, 8.3). */
function qlStep(
  d: Float64Array,
  e: Float64Array,
  { from, to, rows }: { from: number; to: number; rows: Float64Array[] },
): void {
  const g0 = (d[from + 1] - d[from]) / (2 * e[from]);
  let g = d[to] - d[from] + e[from] / (g0 + Math.sign(g0 || 1) * Math.hypot(g0, 1));
  let [s, c, p] = [1, 1, 0];
  for (let i = to - 1; i >= from; i--) {
    const [f, b] = [s * e[i], c * e[i]];
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[to] = 0;
      return;
    }
    [s, c] = [f / r, g / r];
    g = d[i + 1] - p;
    const t = (d[i] - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    const [upper, lower] = [rows[i + 1], rows[i]];
    for (let k = 0; k < upper.length; k++) {
      const held = upper[k];
      upper[k] = s * lower[k] + c * held;
      lower[k] = c * lower[k] - s * held;
    }
  }
  d[from] -= p;
  e[from] = g;
  e[to] = 0;
}

/** All eigenpairs of the tridiagonal matrix with diagonal `d` and off-diagonal `e`, in no order. Cost: about 6·n³. */
export function tridiagonalEigen(diagonal: Float64Array, off: Float64Array): EigenPair[] {
  const n = diagonal.length;
  const d = diagonal.slice();
  const e = new Float64Array(n);
  e.set(off.subarray(0, n - 1));
  const rows = Array.from({ length: n }, (_, k) => {
    const row = new Float64Array(n);
    row[k] = 1;
    return row;
  });
  for (let from = 0; from < n; from++) {
    for (let sweep = 0; sweep < maxSweeps; sweep++) {
      let to = from;
      while (to < n - 1 && Math.abs(e[to]) > Number.EPSILON * (Math.abs(d[to]) + Math.abs(d[to + 1]))) to++;
      if (to === from) break;
      qlStep(d, e, { from, to, rows });
    }
  }
  return rows.map((vector, k) => ({ value: d[k], vector }));
}

export interface LanczosOptions {
  /** How many pairs are wanted, the largest by value. */
  readonly count: number;
  /** Directions that are looked at; the size of the matrix makes the answer exact. */
  readonly steps: number;
  /** Starts, and starts again where a space is used up. */
  readonly random: Random;
  /** Directions of length 1 that are kept out. */
  readonly without?: readonly Float64Array[];
}

/**
 * The largest eigenpairs of a symmetric matrix of size `n`, largest first; the same for the same random stream.
 * Cost: steps multiplications and about 2·n·steps² operations. Lanczos 1950, with every direction kept orthogonal.
 */
export function largestEigenpairs(multiply: Multiply, n: number, options: LanczosOptions): EigenPair[] {
  const { count, random, without = [] } = options;
  const steps = Math.min(n - without.length, options.steps);
  const basis: Float64Array[] = [];
  const [d, e] = [new Float64Array(steps), new Float64Array(steps)];
  const cleaned = (vector: Float64Array): Float64Array => {
    for (let twice = 0; twice < 2; twice++)
      for (const each of [...without, ...basis]) addTimes(vector, -dot(each, vector), each);
    return vector;
  };
  const fresh = (): Float64Array | undefined =>
    normalized(cleaned(Float64Array.from({ length: n }, () => random.normal())), Math.sqrt(n));
  let next = fresh();
  while (basis.length < steps && next !== undefined) {
    const at = basis.length;
    basis.push(next);
    const image = multiply(next);
    d[at] = dot(image, next);
    const scale = Math.sqrt(dot(image, image)) || 1;
    const rest = cleaned(image.slice());
    const length = Math.sqrt(dot(rest, rest));
    next = normalized(rest, scale);
    if (next === undefined) next = fresh();
    else if (at + 1 < steps) e[at] = length;
  }
  const size = basis.length;
  const pairs = tridiagonalEigen(d.slice(0, size), e.slice(0, size)).toSorted((a, b) => b.value - a.value);
  return pairs.slice(0, count).map(({ value, vector: weights }) => {
    const vector = new Float64Array(n);
    basis.forEach((direction, k) => {
      addTimes(vector, weights[k], direction);
    });
    return { value, vector };
  });
}
