// A triangle mesh of the plane, checked when it is made.
import { GalerkinError } from '../base/index.js';
import { checkConformity } from './conformity.js';

/** Triangles over points. The arrays are shared, not copied: read them, never write to them. */
export interface Mesh {
  /** Coordinates x0, y0, x1, y1, …; 2 · pointCount values. */
  readonly points: Float64Array;
  /** Corners of each triangle, counter-clockwise; 3 · triangleCount node numbers. */
  readonly triangles: Int32Array;
  /** Nodes on the boundary, ascending. */
  readonly boundary: Int32Array;
  readonly pointCount: number;
  readonly triangleCount: number;
}

const invalid = (wanted: string, got: string): never => {
  throw new GalerkinError('MESH_INVALID', { wanted, got });
};

function checkPoints(points: Float64Array): void {
  if (points.length < 6 || points.length % 2 !== 0) {
    invalid('two coordinates for each of at least 3 points', `${points.length} coordinates`);
  }
  const bad = points.findIndex(value => !Number.isFinite(value));
  if (bad >= 0) invalid('finite coordinates', `${points[bad]} in point ${bad >> 1}`);
}

function checkTriangles(points: Float64Array, triangles: Int32Array): void {
  const pointCount = points.length / 2;
  if (triangles.length === 0 || triangles.length % 3 !== 0) {
    invalid('three corners for each of at least 1 triangle', `${triangles.length} corners`);
  }
  const used = new Uint8Array(pointCount);
  for (let k = 0; k < triangles.length; k++) {
    const node = triangles[k];
    if (node < 0 || node >= pointCount) {
      invalid(`corners from 0 to ${pointCount - 1}`, `${node} in triangle ${Math.floor(k / 3)}`);
    }
    used[node] = 1;
  }
  const unused = used.indexOf(0);
  if (unused >= 0) invalid('every point in a triangle', `point ${unused} in none`);
  for (let t = 0; t < triangles.length; t += 3) {
    const area = signedArea(points, triangles, t);
    if (!(area > 0)) invalid('triangles counter-clockwise with a positive area', `area ${area} in triangle ${t / 3}`);
  }
}

function signedArea(points: Float64Array, triangles: Int32Array, t: number): number {
  const [a, b, c] = [2 * triangles[t], 2 * triangles[t + 1], 2 * triangles[t + 2]];
  const [abx, aby] = [points[b] - points[a], points[b + 1] - points[a + 1]];
  const [acx, acy] = [points[c] - points[a], points[c + 1] - points[a + 1]];
  return (abx * acy - acx * aby) / 2;
}

/**
 * Makes a mesh from coordinates (x, y per point) and corners (three node numbers per triangle). Copies both.
 * @throws MESH_INVALID for bad lengths, indices out of range, clockwise or flat triangles, unused points, edges shared
 * by more than two triangles or run twice in one direction, and nodes that hang on an edge.
 */
export function mesh(points: ArrayLike<number>, triangles: ArrayLike<number>): Mesh {
  const ownPoints = Float64Array.from(points);
  const ownTriangles = Int32Array.from(triangles);
  const changed = Array.from(triangles).findIndex((node, k) => node !== ownTriangles[k]);
  if (changed >= 0) invalid('whole node numbers', `${triangles[changed]} in triangle ${Math.floor(changed / 3)}`);
  checkPoints(ownPoints);
  checkTriangles(ownPoints, ownTriangles);
  const boundary = checkConformity(ownPoints, ownTriangles, invalid);
  return Object.freeze({
    points: ownPoints,
    triangles: ownTriangles,
    boundary,
    pointCount: ownPoints.length / 2,
    triangleCount: ownTriangles.length / 3,
  });
}
