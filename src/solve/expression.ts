// The words of a weak form: small frozen nodes for scalars and vectors, and the functions that build them.
import { GalerkinError } from '../base/index.js';

export type Axis = 'x' | 'y';
/** Which value of a field is meant: the field itself or one of its first derivatives. */
export type Derivative = 'value' | Axis;
export type Role = 'trial' | 'test' | 'coefficient';

export interface ConstantNode {
  readonly kind: 'constant';
  readonly value: number;
}
/** A coordinate of the point at which the form is evaluated. */
export interface PositionNode {
  readonly kind: 'position';
  readonly axis: Axis;
}
/** The trial function, the test function or a coefficient, each continuous and piecewise linear on the mesh. */
export interface FieldNode {
  readonly kind: 'field';
  readonly role: Role;
  readonly name: string;
  readonly derivative: Derivative;
}
export interface NegateNode {
  readonly kind: 'negate';
  readonly of: Scalar;
}
export interface BinaryNode {
  readonly kind: 'add' | 'subtract' | 'multiply' | 'divide';
  readonly left: Scalar;
  readonly right: Scalar;
}
/** An expression with one value per point. */
export type Scalar = ConstantNode | PositionNode | FieldNode | NegateNode | BinaryNode;

/** An expression with two components per point. */
export interface Vector {
  readonly kind: 'vector';
  readonly x: Scalar;
  readonly y: Scalar;
}

const scalarKinds: readonly unknown[] = [
  'constant',
  'position',
  'field',
  'negate',
  'add',
  'subtract',
  'multiply',
  'divide',
];

function refuse(wanted: string, got: unknown): never {
  const shown = typeof got === 'object' && got !== null && 'kind' in got ? String(got.kind) : String(got);
  throw new GalerkinError('FORM_INVALID', { form: 'expression', fault: `wanted ${wanted}, got ${shown}` });
}

function scalar(operand: Scalar | number): Scalar {
  if (typeof operand === 'number') return constant(operand);
  if (typeof operand !== 'object' || operand === null || !scalarKinds.includes(operand.kind)) {
    refuse('a scalar expression or a number (is a symbol misspelt?)', operand);
  }
  return operand;
}

function vector(operand: Vector): Vector {
  if (typeof operand !== 'object' || operand === null || operand.kind !== 'vector') {
    refuse('a vector expression, such as grad(u)', operand);
  }
  return operand;
}

const isVector = (operand: Scalar | Vector | number): operand is Vector =>
  typeof operand === 'object' && operand?.kind === 'vector';

const binary = (kind: BinaryNode['kind'], left: Scalar | number, right: Scalar | number): Scalar =>
  Object.freeze({ kind, left: scalar(left), right: scalar(right) });

/** A vector from its two components. */
export const vectorOf = (x: Scalar | number, y: Scalar | number): Vector =>
  Object.freeze({ kind: 'vector', x: scalar(x), y: scalar(y) });

/** A finite number. Throws FORM_INVALID for NaN and infinities. */
export function constant(value: number): Scalar {
  if (!Number.isFinite(value)) refuse('a finite number', value);
  return Object.freeze({ kind: 'constant', value });
}

/** The coordinate functions of the plane. */
export const x: Scalar = Object.freeze({ kind: 'position', axis: 'x' });
export const y: Scalar = Object.freeze({ kind: 'position', axis: 'y' });

/** The trial function of a form, by textbooks `u`. */
export const trial: Scalar = Object.freeze({ kind: 'field', role: 'trial', name: 'u', derivative: 'value' });
/** The test function of a form, by textbooks `v`. */
export const test: Scalar = Object.freeze({ kind: 'field', role: 'test', name: 'v', derivative: 'value' });
/** A coefficient given by its values at the nodes. */
export const coefficient = (name: string): Scalar =>
  Object.freeze({ kind: 'field', role: 'coefficient', name, derivative: 'value' });

/** Sum of two scalars or of two vectors. */
export function plus(left: Scalar | number, right: Scalar | number): Scalar;
export function plus(left: Vector, right: Vector): Vector;
export function plus(left: Scalar | Vector | number, right: Scalar | Vector | number): Scalar | Vector {
  if (isVector(left)) {
    const other = isVector(right) ? right : refuse('a vector to add to a vector', right);
    return vectorOf(plus(left.x, other.x), plus(left.y, other.y));
  }
  return binary('add', left, isVector(right) ? refuse('a scalar to add to a scalar', right) : right);
}

/** Difference of two scalars. */
export const minus = (left: Scalar | number, right: Scalar | number): Scalar => binary('subtract', left, right);

/** Product of two scalars, or of a scalar and a vector. */
export function times(left: Scalar | number, right: Scalar | number): Scalar;
export function times(left: Scalar | number, right: Vector): Vector;
export function times(left: Scalar | number, right: Scalar | Vector | number): Scalar | Vector {
  return isVector(right) ? vectorOf(times(left, right.x), times(left, right.y)) : binary('multiply', left, right);
}

/** Quotient of two scalars; the divisor must not vanish where the form is integrated. */
export const divide = (left: Scalar | number, right: Scalar | number): Scalar => binary('divide', left, right);

/** The negative of a scalar. */
export const negate = (of: Scalar | number): Scalar => Object.freeze({ kind: 'negate', of: scalar(of) });

/** Inner product of two vectors. */
export const dot = (left: Vector, right: Vector): Scalar =>
  plus(times(vector(left).x, vector(right).x), times(left.y, right.y));

/** Gradient of any scalar expression, by the rules of differentiation. Throws FORM_INVALID on a second derivative. */
export const grad = (of: Scalar): Vector => vectorOf(differentiate(scalar(of), 'x'), differentiate(of, 'y'));

function differentiate(node: Scalar, axis: Axis): Scalar {
  switch (node.kind) {
    case 'constant':
      return constant(0);
    case 'position':
      return constant(node.axis === axis ? 1 : 0);
    case 'field':
      if (node.derivative !== 'value') refuse('at most one derivative of each field', `a derivative of ${node.name}'`);
      return Object.freeze({ ...node, derivative: axis });
    case 'negate':
      return negate(differentiate(node.of, axis));
    case 'add':
    case 'subtract':
      return binary(node.kind, differentiate(node.left, axis), differentiate(node.right, axis));
    case 'multiply':
      return plus(times(differentiate(node.left, axis), node.right), times(node.left, differentiate(node.right, axis)));
    case 'divide': {
      const slope = minus(
        times(differentiate(node.left, axis), node.right),
        times(node.left, differentiate(node.right, axis)),
      );
      return divide(slope, times(node.right, node.right));
    }
  }
}
