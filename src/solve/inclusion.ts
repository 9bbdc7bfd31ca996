// A circular inclusion painted into a field on the grid.
import { checkGrid } from './unit-square.js';

export interface Inclusion {
  /** Centre, in the unit square's coordinates. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Value inside, the rim included. */
  readonly value: number;
}

/**
 * Writes `value` at the nodes of the n x n `field` within `radius` of (x, y), in place; returns the field.
 * Throws GRID_INVALID for bad n.
 */
export function paintInclusion<Field extends Float64Array | Float32Array>(
  field: Field,
  n: number,
  { x, y, radius, value }: Inclusion,
): Field {
  checkGrid(n, 2);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      if (Math.hypot(i / (n - 1) - x, j / (n - 1) - y) <= radius) field[j * n + i] = value;
    }
  }
  return field;
}
