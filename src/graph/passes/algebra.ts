// Algebra that holds for every input, NaN, infinities and -0 included, bit for bit: neutral elements, double negation, powers of two.
// x ** 2 stays: the runtime multiplies by itself there, and knows layer norms by it.
import { intOf, ints, intsOf } from '../attributes.js';
import { type Constant, numbersOf } from '../constant.js';
import { type ElementType, elementTypeOf } from '../element-type.js';
import type { Node } from '../model.js';
import { isSameShape } from '../types/shape.js';
import { listOf } from './identities.js';
import { type Rewrite, rewritePass, type Scope } from './pass.js';
import { become, substitute } from './replace.js';

const floating = new Set<ElementType>(['float16', 'float32', 'float64']);
const integral = /^u?int(8|16|32|64)$/u;

/** The one value of which a constant is made up. */
export function uniform(constant: Constant | undefined): number | undefined {
  if (constant === undefined || !(floating.has(constant.dtype) || integral.test(constant.dtype))) return undefined;
  const values = numbersOf(constant);
  const first = values[0];
  if (first === undefined) return undefined;
  for (let k = 1; k < values.length; k++) if (!Object.is(values[k], first)) return undefined;
  return first;
}

/** The result has the shape of `value`: the other operand only repeats along it. */
function keepsShape(node: Node, value: string, { scope, other }: { scope: Scope; other: Constant }): boolean {
  if (other.shape.length === 0) return true;
  const shape = scope.typeOf(value)?.shape;
  if (shape !== undefined && other.shape.length <= shape.length && other.shape.every(size => size === 1)) return true;
  return isSameShape(shape, scope.typeOf(node.outputs[0] ?? '')?.shape);
}

/** Which constant beside a value gives the value itself. 0 must have the sign that keeps -0: x + -0, x - 0. */
function isNeutral({ operator }: Node, at: number, constant: Constant): boolean {
  const value = uniform(constant);
  const zero = floating.has(constant.dtype) ? -0 : 0;
  if (operator === 'Add') return value !== undefined && Object.is(value, zero);
  if (operator === 'Mul') return value === 1;
  if (at !== 1) return false;
  if (operator === 'Sub') return value !== undefined && Object.is(value, 0);
  return value === 1 && (operator === 'Div' || operator === 'Pow');
}

const neutral: Rewrite = (node, scope) => {
  // Before version 7 operands broadcast by an attribute.
  if (!scope.is(node, 'Add', 'Sub', 'Mul', 'Div', 'Pow') || scope.opset('') < 7) return false;
  return [1, 0].some(at => {
    const [value = '', name = ''] = [node.inputs[1 - at], node.inputs[at]];
    const other = scope.constant(name);
    const fits = other !== undefined && isNeutral(node, at, other) && keepsShape(node, value, { scope, other });
    return fits && substitute(node, value, scope);
  });
};

/** f(f(x)) = x, and f(f(x)) = f(x). */
const involutions = ['Neg', 'Not', 'BitwiseNot'];
const idempotents = ['Abs', 'Relu', 'Ceil', 'Floor', 'Round', 'Sign'];

const twice: Rewrite = (node, scope) => {
  const [inner = ''] = node.inputs;
  const maker = scope.editor.maker(inner);
  if (scope.is(node, ...involutions) && scope.is(maker, node.operator))
    return substitute(node, maker.inputs[0] ?? '', scope);
  return scope.is(node, ...idempotents) && scope.is(maker, node.operator) && substitute(node, inner, scope);
};

/** x - (-y) = x + y and x + (-y) = x - y; both operands negated: their product is the same. */
const negated: Rewrite = (node, scope) => {
  if (scope.opset('') < 7 || !scope.is(node, 'Add', 'Sub', 'Mul', 'Div')) return false;
  const operand = (at: number): string | undefined => {
    const maker = scope.editor.maker(node.inputs[at] ?? '');
    return scope.is(maker, 'Neg') ? maker.inputs[0] : undefined;
  };
  const [left, right] = [operand(0), operand(1)];
  const [first = '', second = ''] = node.inputs;
  const { operator, attributes } = node;
  const binary = (name: string, inputs: string[]) => become(node, { operator: name, inputs, attributes }, scope);
  if (operator === 'Mul' || operator === 'Div')
    return left !== undefined && right !== undefined && binary(operator, [left, right]);
  if (right !== undefined) return binary(operator === 'Sub' ? 'Add' : 'Sub', [first, right]);
  return operator === 'Add' && left !== undefined && binary('Sub', [second, left]);
};

/** x / 2^k = x * 2^-k exactly, where 2^-k is a number of the type. */
const division: Rewrite = (node, scope) => {
  const divisor = scope.constant(node.inputs[1] ?? '');
  const value = uniform(divisor);
  if (!scope.is(node, 'Div') || scope.opset('') < 7 || divisor?.dtype !== 'float32' || value === undefined)
    return false;
  const exponent = Math.log2(Math.abs(value));
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 126 || Math.abs(value) === 1) return false;
  const inverse = scope.editor.addConstant(`${divisor.name}_inverse`, 'float32', {
    shape: divisor.shape,
    values: Array.from(numbersOf(divisor), one => 1 / one),
  });
  return become(node, { operator: 'Mul', inputs: [node.inputs[0] ?? '', inverse] }, scope);
};

/** Every value of the first type is one of the second: a cast there loses nothing. */
const wider: Partial<Record<ElementType, readonly ElementType[]>> = {
  float16: ['float32', 'float64'],
  float32: ['float64'],
  int8: ['int16', 'int32', 'int64'],
  uint8: ['int16', 'int32', 'int64', 'uint16', 'uint32', 'uint64'],
  int16: ['int32', 'int64'],
  int32: ['int64'],
  bool: ['int32', 'int64', 'float32', 'float64'],
};

const casts: Rewrite = (node, scope) => {
  const maker = scope.editor.maker(node.inputs[0] ?? '');
  if (!scope.is(node, 'Cast') || !scope.is(maker, 'Cast')) return false;
  const [source = ''] = maker.inputs;
  const from = scope.typeOf(source)?.dtype;
  const between = elementTypeOf(intOf(maker, 'to', 0));
  const isLossless = from !== undefined && between !== undefined && (wider[from]?.includes(between) ?? false);
  const to = elementTypeOf(intOf(node, 'to', 0));
  // Texts of a number depend on its type, and so does what becomes of numbers too large for an integer.
  const isSafe = to !== undefined && to !== 'string' && (from === undefined || !floating.has(from) || floating.has(to));
  if (!isLossless || !isSafe) return false;
  return to === from
    ? substitute(node, source, scope)
    : become(node, { operator: 'Cast', inputs: [source], attributes: node.attributes }, scope);
};

const transposes: Rewrite = (node, scope) => {
  const maker = scope.editor.maker(node.inputs[0] ?? '');
  const [outer, inner] = [intsOf(node, 'perm'), maker === undefined ? undefined : intsOf(maker, 'perm')];
  if (!scope.is(node, 'Transpose') || !scope.is(maker, 'Transpose') || outer === undefined || inner === undefined)
    return false;
  const perm = outer.map(axis => inner[axis] ?? 0);
  return become(
    node,
    { operator: 'Transpose', inputs: [maker.inputs[0] ?? ''], attributes: { perm: ints(perm) } },
    scope,
  );
};

/** Only the last of two reshapes counts, unless it takes sizes from between. */
const reshapes: Rewrite = (node, scope) => {
  const maker = scope.editor.maker(node.inputs[0] ?? '');
  if (!scope.is(node, 'Reshape') || !scope.is(maker, 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze')) return false;
  const sizes = listOf(node, 'shape', { at: 1, scope });
  const takesSizes = intOf(node, 'allowzero', 0) === 0 && (sizes?.includes(0) ?? true);
  const [, ...others] = node.inputs;
  return !takesSizes && become(node, { ...node, inputs: [maker.inputs[0] ?? '', ...others] }, scope);
};

/** Axes taken away again right after they were put in. */
const squeezes: Rewrite = (node, scope) => {
  const maker = scope.editor.maker(node.inputs[0] ?? '');
  const isPair =
    (scope.is(node, 'Squeeze') && scope.is(maker, 'Unsqueeze')) ||
    (scope.is(node, 'Unsqueeze') && scope.is(maker, 'Squeeze'));
  if (!isPair || maker === undefined) return false;
  const [outer, inner] = [node, maker].map(one => listOf(one, 'axes', { at: 1, scope }));
  if (outer === undefined || inner === undefined || outer.some(axis => axis < 0) || inner.some(axis => axis < 0))
    return false;
  return String(outer.toSorted()) === String(inner.toSorted()) && substitute(node, maker.inputs[0] ?? '', scope);
};

export const algebra = rewritePass('algebra', [
  neutral,
  twice,
  negated,
  division,
  casts,
  transposes,
  reshapes,
  squeezes,
]);
