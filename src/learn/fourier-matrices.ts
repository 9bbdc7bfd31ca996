// The truncated discrete Fourier transform of a padded real field as four constant real matrices.
//
// A non-periodic field on n nodes is continued by `padding` zeros to the period P = n + padding, transformed, and cut
// to the low modes. The zeros contribute nothing to a sum and the cut-off part of the inverse is never looked at, so
// the matrices of the transform of length P are simply evaluated at the n real nodes: padding costs nothing at all.

/** A matrix with its values in row-major order. */
export interface Matrix {
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

/** Complex numbers are pairs of reals: an axis `re|im` of length 2, folded into a neighbouring axis. */
export interface FourierMatrices {
  /** Along x: [n, (re|im, modes)], from real values to modes 0..modes-1. */
  readonly forwardX: Matrix;
  /** Along y: [(re|im, 2·modes), (n, re|im)], from complex values to modes 0..modes-1, -modes..-1. */
  readonly forwardY: Matrix;
  /** Along y: [(n, re|im), (re|im, 2·modes)]. */
  readonly inverseY: Matrix;
  /** Along x: [(re|im, modes), n]; modes k > 0 count twice, for their conjugates. */
  readonly inverseX: Matrix;
}

interface Layout {
  readonly n: number;
  readonly modes: number;
  readonly padding: number;
}

function matrix(rows: number, columns: number, value: (row: number, column: number) => number): Matrix {
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) data[row * columns + column] = value(row, column);
  }
  return { shape: [rows, columns], data };
}

/** Entry (out, in) of multiplication by cos(angle) + i sin(angle), as a real 2 x 2 matrix. */
function rotation(angle: number, out: number, into: number): number {
  if (out === into) return Math.cos(angle);
  return out === 1 ? Math.sin(angle) : -Math.sin(angle);
}

/** The matrices of a transform of length n + padding at n nodes. `modes` at most (n + padding) / 2. */
export function fourierMatrices({ n, modes, padding }: Layout): FourierMatrices {
  const period = n + padding;
  const turn = (2 * Math.PI) / period;
  const signedMode = (k: number): number => (k < modes ? k : k - 2 * modes);
  return {
    forwardX: matrix(n, 2 * modes, (x, column) => {
      const [part, k] = [Math.floor(column / modes), column % modes];
      return rotation(-turn * k * x, part, 0);
    }),
    forwardY: matrix(4 * modes, 2 * n, (row, column) => {
      const [out, k] = [Math.floor(row / (2 * modes)), row % (2 * modes)];
      const [y, into] = [column >> 1, column & 1];
      return rotation(-turn * signedMode(k) * y, out, into);
    }),
    inverseY: matrix(2 * n, 4 * modes, (row, column) => {
      const [y, out] = [row >> 1, row & 1];
      const [into, k] = [Math.floor(column / (2 * modes)), column % (2 * modes)];
      return rotation(turn * signedMode(k) * y, out, into) / period;
    }),
    inverseX: matrix(2 * modes, n, (row, x) => {
      const [into, k] = [Math.floor(row / modes), row % modes];
      return ((k === 0 ? 1 : 2) * rotation(turn * k * x, 0, into)) / period;
    }),
  };
}
