// What a program over whole arrays needs of a mesh: areas, basis gradients, and which triangles meet at each node.
import type { Three } from './element.js';
import type { Mesh } from './mesh.js';

/** Geometry of all triangles at once; each array has triangleCount values. */
export interface TriangleGeometry {
  readonly area: Float64Array;
  /** Gradient (d/dx, d/dy) of each of the three basis functions. */
  readonly gradients: Three<readonly [Float64Array, Float64Array]>;
  /** Node number of each of the three corners. */
  readonly corners: Three<Int32Array>;
}

export function triangleGeometry({ points, triangles, triangleCount }: Mesh): TriangleGeometry {
  const pair = (): readonly [Float64Array, Float64Array] => [
    new Float64Array(triangleCount),
    new Float64Array(triangleCount),
  ];
  const area = new Float64Array(triangleCount);
  const gradients: Three<readonly [Float64Array, Float64Array]> = [pair(), pair(), pair()];
  const corners: Three<Int32Array> = [
    new Int32Array(triangleCount),
    new Int32Array(triangleCount),
    new Int32Array(triangleCount),
  ];
  for (let t = 0; t < triangleCount; t++) {
    const nodes = triangles.subarray(3 * t, 3 * t + 3);
    const [ax, ay] = [points[2 * nodes[0]], points[2 * nodes[0] + 1]];
    const [abx, aby] = [points[2 * nodes[1]] - ax, points[2 * nodes[1] + 1] - ay];
    const [acx, acy] = [points[2 * nodes[2]] - ax, points[2 * nodes[2] + 1] - ay];
    const twice = abx * acy - acx * aby;
    area[t] = twice / 2;
    gradients[1][0][t] = acy / twice;
    gradients[1][1][t] = -acx / twice;
    gradients[2][0][t] = -aby / twice;
    gradients[2][1][t] = abx / twice;
    for (const axis of [0, 1] as const) gradients[0][axis][t] = -gradients[1][axis][t] - gradients[2][axis][t];
    for (const k of [0, 1, 2] as const) corners[k][t] = nodes[k];
  }
  return { area, gradients, corners };
}

/** Where a node's element values lie in the array [3, triangleCount] of element residuals, laid out flat. */
export interface Incidence {
  /** Most triangles at one node. */
  readonly width: number;
  /** pointCount · width places k·triangleCount + t (corner k of triangle t); rows are padded with 3·triangleCount. */
  readonly places: Int32Array;
}

/** Padded table that turns scattering into gathering: append one zero to the flat values, gather, and sum over `width`. */
export function incidence({ triangles, triangleCount, pointCount }: Mesh): Incidence {
  const degree = new Int32Array(pointCount);
  for (const node of triangles) degree[node]++;
  const width = degree.reduce((most, count) => Math.max(most, count), 0);
  const places = new Int32Array(pointCount * width).fill(3 * triangleCount);
  degree.fill(0);
  for (let t = 0; t < triangleCount; t++) {
    for (let k = 0; k < 3; k++) {
      const node = triangles[3 * t + k];
      places[node * width + degree[node]++] = k * triangleCount + t;
    }
  }
  return { width, places };
}
