// Arithmetic of sizes, some of which are open: broadcasting, products, quotients.
import type { Dimension } from '../model.js';
import type { Shape } from './rule.js';

/** The size that two sizes broadcast to. An open size may be 1, so it gives way to every number above 1. */
export function broadcastSize(a: Dimension, b: Dimension): Dimension {
  if (a === 1) return b;
  if (b === 1 || a === b) return a;
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : undefined;
}

/** The shape that all shapes broadcast to, aligned at their last axes. */
export function broadcastShapes(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  let result: Dimension[] = [];
  for (const shape of shapes) {
    if (shape === undefined) return undefined;
    const rank = Math.max(result.length, shape.length);
    const [left, right] = [result, shape];
    result = Array.from({ length: rank }, (_, k) => {
      const [i, j] = [k - rank + left.length, k - rank + right.length];
      if (i < 0) return right[j];
      return j < 0 ? left[i] : broadcastSize(left[i], right[j]);
    });
  }
  return result;
}

interface Product {
  readonly factor: number;
  readonly names: readonly string[];
}

/** A product of sizes: a number times open sizes. undefined where one is not known at all. */
function productOf(sizes: Shape): Product | undefined {
  let factor = 1;
  const names: string[] = [];
  for (const size of sizes) {
    if (size === undefined) return undefined;
    if (typeof size === 'number') factor *= size;
    else names.push(size);
  }
  return { factor, names };
}

const sizeOf = ({ factor, names }: Product): Dimension => {
  if (names.length === 0) return factor;
  return names.length === 1 && factor === 1 ? names[0] : undefined;
};

/** The product of all sizes, where it is a number or one open size. */
export function product(sizes: Shape): Dimension {
  if (sizes.includes(0)) return 0;
  const whole = productOf(sizes);
  return whole === undefined ? undefined : sizeOf(whole);
}

/** The product of `sizes` over that of `divisors`; open sizes of one name cancel. */
export function quotient(sizes: Shape, divisors: Shape): Dimension {
  // What is not known on both sides cannot be cancelled: undefined is not the same undefined.
  const [above, below] = [productOf(sizes), productOf(divisors)];
  if (above === undefined || below === undefined || below.factor === 0) return undefined;
  const names = [...above.names];
  for (const name of below.names) {
    const at = names.indexOf(name);
    if (at < 0) return undefined;
    names.splice(at, 1);
  }
  const factor = above.factor / below.factor;
  return Number.isInteger(factor) ? sizeOf({ factor, names }) : undefined;
}

/** Two shapes that are the same for every value of the open sizes. */
export const isSameShape = (a: Shape | undefined, b: Shape | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.length === b.length &&
  a.every((size, axis) => size !== undefined && size === b[axis]);
