// Distance of a discrete function from an exact one: the L2 norm and the H1 seminorm of the error, by quadrature.
import { GalerkinError } from '../base/index.js';
import type { Mesh } from './mesh.js';
import { quadrature } from './quadrature.js';

/** A function with its gradient. */
export interface Exact {
  readonly value: (x: number, y: number) => number;
  readonly gradient: (x: number, y: number) => readonly [number, number];
}

const rule = quadrature(6);

/** Errors of the nodal values `u` against `exact`: |u - exact| in L2, |grad u - grad exact| in L2. Throws MESH_INVALID on a wrong length. */
export function errorNorms(mesh: Mesh, u: Float64Array, exact: Exact): { readonly l2: number; readonly h1: number } {
  if (u.length !== mesh.pointCount) {
    throw new GalerkinError('MESH_INVALID', { wanted: `${mesh.pointCount} nodal values`, got: `${u.length}` });
  }
  const { points, triangles } = mesh;
  let [l2, h1] = [0, 0];
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const [ax, ay] = [points[2 * i], points[2 * i + 1]];
    const [bx, by] = [points[2 * j] - ax, points[2 * j + 1] - ay];
    const [cx, cy] = [points[2 * k] - ax, points[2 * k + 1] - ay];
    const twice = bx * cy - cx * by;
    const [ub, uc] = [u[j] - u[i], u[k] - u[i]];
    const [ux, uy] = [(ub * cy - uc * by) / twice, (uc * bx - ub * cx) / twice];
    for (const { at, weight } of rule) {
      const [x, y] = [ax + at[1] * bx + at[2] * cx, ay + at[1] * by + at[2] * cy];
      const [gx, gy] = exact.gradient(x, y);
      const difference = u[i] + at[1] * ub + at[2] * uc - exact.value(x, y);
      l2 += weight * (twice / 2) * difference * difference;
      h1 += weight * (twice / 2) * ((ux - gx) ** 2 + (uy - gy) ** 2);
    }
  }
  return { l2: Math.sqrt(l2), h1: Math.sqrt(h1) };
}

/** Integral of the piecewise linear function with nodal values `u`; exact up to rounding. */
export function integral({ points, triangles }: Mesh, u: ArrayLike<number>): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const [bx, by] = [points[2 * j] - points[2 * i], points[2 * j + 1] - points[2 * i + 1]];
    const [cx, cy] = [points[2 * k] - points[2 * i], points[2 * k + 1] - points[2 * i + 1]];
    sum += ((bx * cy - cx * by) / 6) * (u[i] + u[j] + u[k]);
  }
  return sum;
}
