// Fusion of activations that were written out in parts: sigmoid, softmax, GELU in its two forms, and division by a reciprocal.
import { int, intOf } from '../attributes.js';
import type { Node } from '../model.js';
import { listOf } from './identities.js';
import type { Rewrite, Scope } from './pass.js';
import { bind, either, matchAbove, numeral, op, type Pattern } from './pattern.js';
import { become, hasReaders } from './replace.js';

const x = bind('x');

const isFloat32 = (value: string, scope: Scope): boolean => scope.typeOf(value)?.dtype === 'float32';

/** The constants of a pattern must not make the result larger than x. */
function source(node: Node, pattern: Pattern, scope: Scope): string | undefined {
  const value = matchAbove(node, pattern, scope)?.values.get('x');
  if (value === undefined || !isFloat32(value, scope)) return undefined;
  const [rank, result] = [scope.typeOf(value)?.shape?.length, scope.typeOf(node.outputs[0] ?? '')?.shape?.length];
  return rank !== undefined && rank === result ? value : undefined;
}

// 1 + erf(x / sqrt 2), also as erf(x * (1 / sqrt 2)).
const erfPart = op(
  'Add',
  op('Erf', either(op('Div', x, numeral(Math.SQRT2)), op('Mul', x, numeral(Math.SQRT1_2)))),
  numeral(1),
);
const geluForms = either(
  op('Mul', op('Mul', x, erfPart), numeral(0.5)),
  op('Mul', op('Mul', x, numeral(0.5)), erfPart),
  op('Mul', x, op('Mul', erfPart, numeral(0.5))),
);

// 1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
const cube = either(op('Pow', x, numeral(3)), op('Mul', x, op('Mul', x, x)), op('Mul', op('Mul', x, x), x));
const inner = op('Add', x, op('Mul', cube, numeral(0.044715)));
const tanhPart = op('Add', op('Tanh', op('Mul', inner, numeral(Math.sqrt(2 / Math.PI)))), numeral(1));
const fastGeluForms = either(
  op('Mul', op('Mul', x, tanhPart), numeral(0.5)),
  op('Mul', op('Mul', x, numeral(0.5)), tanhPart),
  op('Mul', x, op('Mul', tanhPart, numeral(0.5))),
);

const contributed =
  (pattern: Pattern, operator: string): Rewrite =>
  (node, scope) => {
    const value = scope.is(node, 'Mul') ? source(node, pattern, scope) : undefined;
    if (value === undefined) return false;
    scope.useContributed();
    return become(node, { operator, domain: 'com.microsoft', inputs: [value] }, scope);
  };

const onePlusExp = op('Add', op('Exp', op('Neg', x)), numeral(1));
const sigmoidForms = either(op('Div', numeral(1), onePlusExp), op('Reciprocal', onePlusExp));

const sigmoid: Rewrite = (node, scope) => {
  const value = scope.is(node, 'Div', 'Reciprocal') ? source(node, sigmoidForms, scope) : undefined;
  return value !== undefined && become(node, { operator: 'Sigmoid', inputs: [value] }, scope);
};

/** The single axis of a reduction that keeps it, counted from the front. */
export function keptAxis(node: Node | undefined, operator: string, scope: Scope): number | undefined {
  if (!scope.is(node, operator) || intOf(node, 'keepdims', 1) !== 1) return undefined;
  const axes = listOf(node, 'axes', { at: 1, scope });
  const rank = scope.typeOf(node.inputs[0] ?? '')?.shape?.length;
  const [axis, ...others] = axes ?? [];
  if (axis === undefined || others.length > 0 || rank === undefined) return undefined;
  return axis < 0 ? axis + rank : axis;
}

/** exp(x - max) / sum(exp(x - max)) along one axis. Without the subtraction it may overflow where Softmax does not. */
const softmax: Rewrite = (node, scope) => {
  const { editor, is } = scope;
  const [exponentials = '', total = ''] = node.inputs;
  const [exp, sum] = [editor.maker(exponentials), editor.maker(total)];
  if (!is(node, 'Div') || !is(exp, 'Exp') || scope.opset('') < 13) return false;
  const axis = keptAxis(sum, 'ReduceSum', scope);
  const shift = editor.maker(exp.inputs[0] ?? '');
  if (axis === undefined || sum?.inputs[0] !== exponentials || !is(shift, 'Sub')) return false;
  const [value = '', peak = ''] = shift.inputs;
  const max = editor.maker(peak);
  const isMax = keptAxis(max, 'ReduceMax', scope) === axis && max?.inputs[0] === value;
  const isPrivate =
    hasReaders(exponentials, 2, scope) && hasReaders(total, 1, scope) && hasReaders(exp.inputs[0] ?? '', 1, scope);
  if (!isMax || !isPrivate || !isFloat32(value, scope)) return false;
  return become(node, { operator: 'Softmax', inputs: [value], attributes: { axis: int(axis) } }, scope);
};

/** x * (1 / y) = x / y, one rounding less. */
const reciprocal: Rewrite = (node, scope) => {
  if (!scope.is(node, 'Mul') || scope.opset('') < 7) return false;
  return [1, 0].some(at => {
    const [value = '', factor = ''] = [node.inputs[1 - at], node.inputs[at]];
    const maker = scope.editor.maker(factor);
    const fits = scope.is(maker, 'Reciprocal') && hasReaders(factor, 1, scope) && value !== factor;
    return fits && become(node, { operator: 'Div', inputs: [value, maker.inputs[0] ?? ''] }, scope);
  });
};

export const activationFusions: readonly Rewrite[] = [
  contributed(geluForms, 'Gelu'),
  contributed(fastGeluForms, 'FastGelu'),
  sigmoid,
  softmax,
  reciprocal,
];
