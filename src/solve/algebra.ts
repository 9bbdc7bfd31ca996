// Interpretation: an expression means whatever an algebra makes of it: numbers, source text, traced arrays.
import type { FieldNode, PositionNode, Scalar } from './expression.js';

/** How to compute with values of type `V`. Operands may be used more than once. */
export interface Algebra<V> {
  constant(value: number): V;
  add(left: V, right: V): V;
  subtract(left: V, right: V): V;
  multiply(left: V, right: V): V;
  divide(left: V, right: V): V;
  negate(of: V): V;
}

/** What the leaves of an expression mean: the coordinates of the point, and the fields with their derivatives there. */
export type Atoms<V> = (atom: PositionNode | FieldNode) => V;

/** Plain arithmetic. */
export const numbers: Algebra<number> = Object.freeze({
  constant: (value: number) => value,
  add: (left: number, right: number) => left + right,
  subtract: (left: number, right: number) => left - right,
  multiply: (left: number, right: number) => left * right,
  divide: (left: number, right: number) => left / right,
  negate: (of: number) => -of,
});

/**
 * Evaluates `expression` in `algebra`.
 * A form `times(a, dot(grad(u), grad(v)))` asks `atoms` for the fields a (value), u and v (derivatives x and y).
 */
export function evaluateForm<V>(expression: Scalar, algebra: Algebra<V>, atoms: Atoms<V>): V {
  const evaluate = (node: Scalar): V => {
    switch (node.kind) {
      case 'constant':
        return algebra.constant(node.value);
      case 'position':
      case 'field':
        return atoms(node);
      case 'negate':
        return algebra.negate(evaluate(node.of));
      default:
        return algebra[node.kind](evaluate(node.left), evaluate(node.right));
    }
  };
  return evaluate(expression);
}

/** A value that may be a plain number, known before the program runs. */
export type Known<V> = V | number;

/**
 * The same algebra, but plain numbers are computed with at once, and zeros and ones leave no trace:
 * a gradient component that is 0 on a structured mesh costs nothing in the generated program.
 */
export function folding<V extends object | string>(algebra: Algebra<V>): Algebra<Known<V>> {
  const lift = (value: Known<V>): V => (typeof value === 'number' ? algebra.constant(value) : value);
  const negate = (of: Known<V>): Known<V> => (typeof of === 'number' ? -of : algebra.negate(of));
  const isNumber = (value: Known<V>): value is number => typeof value === 'number';
  return {
    constant: value => value,
    negate,
    add: (left, right) => {
      if (isNumber(left) && isNumber(right)) return left + right;
      if (left === 0) return right;
      return right === 0 ? left : algebra.add(lift(left), lift(right));
    },
    subtract: (left, right) => {
      if (isNumber(left) && isNumber(right)) return left - right;
      if (left === 0) return negate(right);
      return right === 0 ? left : algebra.subtract(lift(left), lift(right));
    },
    multiply: (left, right) => {
      if (isNumber(left) && isNumber(right)) return left * right;
      if (left === 0 || right === 0) return 0;
      if (left === 1 || right === 1) return left === 1 ? right : left;
      if (left === -1 || right === -1) return negate(left === -1 ? right : left);
      return algebra.multiply(lift(left), lift(right));
    },
    divide: (left, right) => {
      if (isNumber(left) && isNumber(right)) return left / right;
      if (left === 0) return 0;
      return right === 1 ? left : algebra.divide(lift(left), lift(right));
    },
  };
}
