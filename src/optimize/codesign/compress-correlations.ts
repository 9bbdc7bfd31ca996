// Correlation matrices made small: a part of low rank, or rounded entries, whichever is closer at the wanted size; checked before it is given.
import { GalerkinError, numberOption, optionSchema, resolveOptions, seededRandom } from '../../base/index.js';
import { largestEigenpairs } from './symmetric-eigen.js';

export const compressCorrelationsOptions = optionSchema({
  ratio: numberOption({
    doc: 'Bytes at most, as a part of those of the full float32 matrix.',
    default: 0.1,
    min: 1e-4,
    max: 1,
  }),
  tolerance: numberOption({ doc: 'Relative Frobenius error at most; more is refused.', default: 0.1, min: 0, max: 1 }),
});

export interface CompressCorrelationsOptions {
  /** Bytes at most, as a part of the 4·n² bytes of the full float32 matrix. @default 0.1 */
  readonly ratio?: number;
  /** Relative Frobenius error at most; more is refused. @default 0.1 */
  readonly tolerance?: number;
}

export interface CompressedCorrelation {
  readonly method: 'low rank' | '8 bits' | '4 bits';
  readonly size: number;
  /** Of the part of low rank; 0 where entries are rounded. */
  readonly rank: number;
  /** What is stored: factors in float32, or codes of the upper triangle. */
  readonly factors: Float32Array;
  readonly codes: Uint8Array;
  /** Bytes as a part of 4·n². */
  readonly ratio: number;
  /** |approximation - matrix| / |matrix| in the Frobenius norm. */
  readonly relativeError: number;
  /** The largest difference of one entry. */
  readonly worstEntry: number;
}

interface Square {
  readonly size: number;
  readonly matrix: ArrayLike<number>;
}

type Stored = Pick<CompressedCorrelation, 'method' | 'size' | 'rank' | 'factors' | 'codes'>;

/** √λ-scaled eigenvectors of the largest eigenvalues: [rank, n]. Correlations have no negative ones but by rounding. */
function lowRankOf({ size, matrix }: Square, rank: number): Stored {
  const multiply = (x: Float64Array): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => {
      let sum = 0;
      for (let j = 0, at = i * size; j < size; j++, at++) sum += matrix[at] * x[j];
      return sum;
    });
  const steps = Math.min(size, 2 * rank + 40);
  const pairs = largestEigenpairs(multiply, size, { count: rank, steps, random: seededRandom(1) });
  const factors = new Float32Array(rank * size);
  pairs.forEach(({ value, vector }, k) => {
    factors.set(
      Float32Array.from(vector, x => x * Math.sqrt(Math.max(0, value))),
      k * size,
    );
  });
  return { method: 'low rank', size, rank, factors, codes: new Uint8Array() };
}

/** Entries above the diagonal in equal steps of [-1, 1]. */
function roundedOf({ size, matrix }: Square, bits: 4 | 8): Stored {
  const levels = 2 ** (bits - 1) - 1;
  const count = (size * (size - 1)) / 2;
  const codes = new Uint8Array(Math.ceil((count * bits) / 8));
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++, at++) {
      const code = Math.round(matrix[i * size + j] * levels) + levels;
      if (bits === 8) codes[at] = code;
      else codes[at >> 1] |= code << (4 * (at & 1));
    }
  }
  return { method: bits === 8 ? '8 bits' : '4 bits', size, rank: 0, factors: new Float32Array(), codes };
}

/** The matrix again, n x n; its diagonal is exactly 1. */
export function expandCorrelation({ method, size, rank, factors, codes }: Stored): Float64Array {
  const matrix = new Float64Array(size * size);
  const bits = method === '8 bits' ? 8 : 4;
  const levels = 2 ** (bits - 1) - 1;
  let at = 0;
  for (let i = 0; i < size; i++) {
    matrix[i * size + i] = 1;
    for (let j = i + 1; j < size; j++, at++) {
      let value = 0;
      if (method === 'low rank') for (let k = 0; k < rank; k++) value += factors[k * size + i] * factors[k * size + j];
      else value = ((bits === 8 ? codes[at] : (codes[at >> 1] >> (4 * (at & 1))) & 15) - levels) / levels;
      value = Math.max(-1, Math.min(1, value));
      matrix[i * size + j] = value;
      matrix[j * size + i] = value;
    }
  }
  return matrix;
}

function judged(stored: Stored, { size, matrix }: Square): CompressedCorrelation {
  const approximation = expandCorrelation(stored);
  let [squares, norm, worstEntry] = [0, 0, 0];
  for (let at = 0; at < approximation.length; at++) {
    const difference = Math.abs(approximation[at] - matrix[at]);
    squares += difference * difference;
    norm += matrix[at] * matrix[at];
    worstEntry = Math.max(worstEntry, difference);
  }
  const bytes = stored.factors.byteLength + stored.codes.byteLength;
  return { ...stored, ratio: bytes / (4 * size * size), relativeError: Math.sqrt(squares / norm), worstEntry };
}

function check({ size, matrix }: Square): void {
  const what = 'correlation matrix';
  const isSquare = size >= 1 && matrix.length === size * size;
  let fault = isSquare ? '' : `${matrix.length} entries for size ${size}`;
  for (let i = 0; i < size && fault === ''; i++) {
    for (let j = i; j < size && fault === ''; j++) {
      const [value, mirror] = [matrix[i * size + j], matrix[j * size + i]];
      if (!(Math.abs(value) <= 1.0001) || Math.abs(value - mirror) > 1e-5)
        fault = `${value} and ${mirror} at ${i}, ${j}`;
      if (i === j && Math.abs(value - 1) > 1e-5) fault = `${value} on the diagonal`;
    }
  }
  if (fault !== '')
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
      what,
      wanted: 'a symmetric matrix of -1 to 1 with ones on the diagonal',
      got: fault,
    });
}

/**
 * A correlation matrix in at most `ratio` of its 4·n² bytes: a part of low rank (Eckart & Young 1936), or the upper
 * triangle in 8 or 4 bits (from ratios of 1/8 and 1/16), whichever has the smaller Frobenius error. The error that is
 * reported was measured on what would be read back. Cost: O(n²·rank).
 * @throws OPTIMIZE_INPUT_INVALID for what is no correlation matrix, or a ratio that leaves not one direction;
 *   CORRELATION_TOO_COARSE where the error exceeds `tolerance`, with the figures.
 */
export function compressCorrelations(square: Square, options: CompressCorrelationsOptions = {}): CompressedCorrelation {
  const { ratio, tolerance } = resolveOptions('compressCorrelations', compressCorrelationsOptions, options);
  check(square);
  const { size } = square;
  const budgetBytes = ratio * 4 * size * size;
  const rank = Math.min(size, Math.floor(budgetBytes / (4 * size)));
  const ways: Stored[] = [];
  if (rank >= 1) ways.push(lowRankOf(square, rank));
  for (const bits of [8, 4] as const) {
    const rounded = roundedOf(square, bits);
    if (rounded.codes.byteLength <= budgetBytes) ways.push(rounded);
  }
  const [best] = ways.map(way => judged(way, square)).toSorted((a, b) => a.relativeError - b.relativeError);
  if (best === undefined)
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
      what: 'ratio',
      wanted: `at least ${(1 / size).toPrecision(2)} for ${size} channels`,
      got: `${ratio}`,
    });
  if (best.relativeError > tolerance)
    throw new GalerkinError('CORRELATION_TOO_COARSE', {
      size,
      ratio,
      method: best.method,
      relativeError: best.relativeError,
      worstEntry: best.worstEntry,
      tolerance,
    });
  return best;
}
