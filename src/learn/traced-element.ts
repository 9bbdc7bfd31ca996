// All triangles of a mesh at once, as arrays of a program: weak forms evaluated on them become gathers and products.
import { np, type Traced } from '../compile/index.js';
import {
  type Algebra,
  type Element,
  folding,
  type Incidence,
  type Known,
  type Three,
  type TriangleGeometry,
} from '../solve/index.js';
import { constantArray } from './traced-arrays.js';

/** A number known beforehand, or an array [batch, triangles] or [triangles]. */
export type TriangleValue = Known<Traced>;

/** Arithmetic on arrays of a program. */
export const tracedAlgebra: Algebra<TriangleValue> = folding<Traced>({
  constant: value => constantArray(Float32Array.of(value), [1, 1]),
  add: (left, right) => left.add(right),
  subtract: (left, right) => left.sub(right),
  multiply: (left, right) => left.mul(right),
  divide: (left, right) => left.div(right),
  negate: of => of.neg(),
});

/** The number that all triangles share up to rounding, or one for each. */
function perTriangle(values: Float64Array): TriangleValue {
  const [first] = values;
  const shared = values.every(value => Math.abs(value - first) <= 1e-12 * Math.abs(first));
  return shared ? first : constantArray(Float32Array.from(values), [values.length]);
}

/** Values at the three corners of every triangle, [batch, triangles] each, of a field [batch, nodes]. */
export function cornerValues(field: Traced, { corners }: TriangleGeometry): Three<Traced> {
  const at = (nodes: Int32Array): Traced => np.take(field, constantArray(nodes, [nodes.length]), 1);
  return [at(corners[0]), at(corners[1]), at(corners[2])];
}

/** The mesh's triangles as one element of the algebra. */
export function tracedElement(
  geometry: TriangleGeometry,
  fields: { readonly coefficients: Readonly<Record<string, Traced>>; readonly trial?: Traced },
): Element<TriangleValue> {
  const gradient = ([x, y]: readonly [Float64Array, Float64Array]): readonly [TriangleValue, TriangleValue] => [
    perTriangle(x),
    perTriangle(y),
  ];
  const [a, b, c] = geometry.gradients;
  const coefficients = Object.fromEntries(
    Object.entries(fields.coefficients).map(([name, field]) => [name, cornerValues(field, geometry)]),
  );
  const element = {
    area: perTriangle(geometry.area),
    gradients: [gradient(a), gradient(b), gradient(c)] as const,
    coefficients,
  };
  return fields.trial === undefined ? element : { ...element, trial: cornerValues(fields.trial, geometry) };
}

/**
 * Sums corner values over the triangles that meet at each node.
 * @returns [batch, nodes]; batch is 1 if no corner value depends on the batch.
 */
export function sumAtNodes(values: Three<TriangleValue>, triangleCount: number, { width, places }: Incidence): Traced {
  const ones = np.ones([1, triangleCount]);
  const flat = values.map(value => (typeof value === 'number' ? ones.mul(value) : value.mul(ones)));
  const padded = np.pad(np.concatenate(flat, 1), [
    [0, 0],
    [0, 1],
  ]);
  const nodes = places.length / width;
  const gathered = np.take(padded, constantArray(places, [places.length]), 1);
  return gathered.reshape([-1, nodes, width]).sum(2);
}
