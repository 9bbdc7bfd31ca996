// The unit square cut into right triangles: n x n nodes, every cell halved by the diagonal from lower left to upper right.
import { GalerkinError } from '../base/index.js';
import type { Mesh } from './mesh.js';

export const maxGridNodes = 4097;

/** Throws GRID_INVALID unless `n` is a whole number from `min` to 4097. */
export function checkGrid(n: number, min: number): void {
  if (!Number.isInteger(n) || n < min || n > maxGridNodes) {
    throw new GalerkinError('GRID_INVALID', { n, min, max: maxGridNodes });
  }
}

/** One of the two triangles of each cell: its corners as offsets (i, j) from the cell's lower left node. */
export interface CellTriangle {
  readonly corners: readonly [readonly [number, number], readonly [number, number], readonly [number, number]];
  /** Gradients (x, y) of the three basis functions in units of 1/h; multiply by n - 1. */
  readonly gradients: readonly [readonly [number, number], readonly [number, number], readonly [number, number]];
}

/**
 * The two triangles of a cell of `unitSquare`: the lower right one first, as in the mesh. With them a program can
 * shift whole grids instead of gathering nodes one by one. Both have area h²/2.
 */
export const cellTriangles: readonly [CellTriangle, CellTriangle] = Object.freeze([
  {
    corners: [
      [0, 0],
      [1, 0],
      [1, 1],
    ],
    gradients: [
      [-1, 0],
      [1, -1],
      [0, 1],
    ],
  },
  {
    corners: [
      [0, 0],
      [1, 1],
      [0, 1],
    ],
    gradients: [
      [0, -1],
      [1, 0],
      [-1, 1],
    ],
  },
]);

function gridBoundary(n: number): Int32Array {
  const boundary = new Int32Array(4 * (n - 1));
  let count = 0;
  for (let j = 0; j < n; j++) {
    const step = j === 0 || j === n - 1 ? 1 : n - 1;
    for (let i = 0; i < n; i += step) boundary[count++] = j * n + i;
  }
  return boundary;
}

/**
 * Mesh of the unit square with `n` nodes per side (2 to 4097), boundary included; h = 1/(n-1).
 * Node j·n + i lies at (i·h, j·h); cell (i, j) holds triangles 2·(j·(n-1)+i) and the one after it.
 */
export function unitSquare(n: number): Mesh {
  checkGrid(n, 2);
  const points = new Float64Array(2 * n * n);
  const triangles = new Int32Array(6 * (n - 1) * (n - 1));
  for (let j = 0, p = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      points[p++] = i / (n - 1);
      points[p++] = j / (n - 1);
    }
  }
  for (let j = 0, t = 0; j < n - 1; j++) {
    for (let i = 0; i < n - 1; i++) {
      for (const { corners } of cellTriangles) {
        for (const [di, dj] of corners) triangles[t++] = (j + dj) * n + i + di;
      }
    }
  }
  return Object.freeze({
    points,
    triangles,
    boundary: gridBoundary(n),
    pointCount: n * n,
    triangleCount: triangles.length / 3,
  });
}
