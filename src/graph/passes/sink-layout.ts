// Sinking: transposes and reshapes move behind element-by-element operators, towards each other, so that they meet and cancel.
import { ints, intsOf } from '../attributes.js';
import { type Constant, lengthOf } from '../constant.js';
import type { Node } from '../model.js';
import { isSameShape } from '../types/shape.js';
import { type Rewrite, rewritePass, type Scope } from './pass.js';
import { hasReaders, onlyOutput } from './replace.js';

const unary = [
  ...['Abs', 'Acos', 'Asin', 'Atan', 'Cast', 'Ceil', 'Celu', 'Cos', 'Cosh', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu'],
  ...['HardSigmoid', 'HardSwish', 'LeakyRelu', 'Log', 'Mish', 'Neg', 'Not', 'Reciprocal', 'Relu', 'Round', 'Selu'],
  ...['Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Tan', 'Tanh', 'ThresholdedRelu', 'Shrink'],
];
const binary = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Equal', 'Greater', 'Less', 'And', 'Or'];

type Layout = 'Transpose' | 'Reshape';

/** The transpose or reshape that makes a value and that no one else needs. */
function layoutOf(value: string, operator: Layout, scope: Scope): Node | undefined {
  const maker = scope.editor.maker(value);
  return scope.is(maker, operator) && hasReaders(value, 1, scope) ? maker : undefined;
}

/** Puts `node` before `layout`: the new inputs go into the node, and what it gives through a copy of the layout. */
function exchange(
  node: Node,
  { inputs, layout, scope }: { inputs: readonly string[]; layout: Node; scope: Scope },
): boolean {
  const output = onlyOutput(node, scope);
  if (output === undefined) return false;
  const { editor } = scope;
  const made = editor.fresh(`${output}_before`);
  editor.insertNodeBefore(node, { ...node, inputs, outputs: [made] });
  const [, ...others] = layout.inputs;
  editor.replace(node, { ...layout, name: editor.fresh(layout.name), inputs: [made, ...others], outputs: [output] });
  for (const value of node.inputs) {
    const maker = editor.maker(value);
    if (maker !== undefined && scope.is(maker, 'Transpose', 'Reshape') && hasReaders(value, 0, scope))
      editor.remove(maker);
  }
  return true;
}

const behindUnary: Rewrite = (node, scope) => {
  if (!scope.is(node, ...unary) || node.inputs.length !== 1) return false;
  const [input = ''] = node.inputs;
  const layout = layoutOf(input, 'Transpose', scope) ?? layoutOf(input, 'Reshape', scope);
  return layout !== undefined && exchange(node, { inputs: [layout.inputs[0] ?? ''], layout, scope });
};

const isScalar = (constant: Constant | undefined): constant is Constant =>
  constant !== undefined && lengthOf(constant) === 1;

/** A constant as it must lie before the transpose: its axes in the order from before. */
function untransposed(
  name: string,
  perm: readonly number[],
  { node, scope }: { node: Node; scope: Scope },
): string | undefined {
  const constant = scope.constant(name);
  if (constant === undefined || constant.texts !== undefined || constant.shape.length > perm.length) return undefined;
  if (constant.shape.length === 0) return name;
  const shape = [...new Array<number>(perm.length - constant.shape.length).fill(1), ...constant.shape];
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  const { editor } = scope;
  const long = editor.putConstant({ ...constant, name: editor.fresh(`${name}_aligned`), shape });
  if (shape.filter(size => size !== 1).length <= 1) {
    const moved = inverse.map(axis => shape[axis] ?? 1);
    return editor.putConstant({ ...constant, name: editor.fresh(`${name}_moved`), shape: moved });
  }
  return editor.insertBefore(node, { operator: 'Transpose', inputs: [long], attributes: { perm: ints(inverse) } });
}

const transposeBehindBinary: Rewrite = (node, scope) => {
  if (!scope.is(node, ...binary) || scope.opset('') < 7 || node.inputs.length !== 2) return false;
  const layouts = node.inputs.map(value => layoutOf(value, 'Transpose', scope));
  const layout = layouts.find(one => one !== undefined);
  const perm = layout === undefined ? undefined : intsOf(layout, 'perm');
  if (layout === undefined || perm === undefined) return false;
  // The other operand: transposed likewise, or a constant.
  const isLegal = node.inputs.every((name, at) => {
    const other = layouts[at];
    if (other !== undefined) return String(intsOf(other, 'perm')) === String(perm);
    const constant = scope.constant(name);
    return constant !== undefined && constant.texts === undefined && constant.shape.length <= perm.length;
  });
  if (!isLegal) return false;
  const inputs = node.inputs.map(
    (name, at) => layouts[at]?.inputs[0] ?? untransposed(name, perm, { node, scope }) ?? name,
  );
  return exchange(node, { inputs, layout, scope });
};

const reshapeBehindBinary: Rewrite = (node, scope) => {
  if (!scope.is(node, ...binary) || scope.opset('') < 7 || node.inputs.length !== 2) return false;
  const layouts = node.inputs.map(value => layoutOf(value, 'Reshape', scope));
  const layout = layouts.find(one => one !== undefined);
  if (layout === undefined) return false;
  const before = scope.typeOf(layout.inputs[0] ?? '')?.shape;
  const after = scope.typeOf(layout.outputs[0] ?? '')?.shape;
  const isLegal = node.inputs.every((name, at) => {
    const other = layouts[at];
    if (other === undefined) {
      const constant = scope.constant(name);
      return isScalar(constant) && constant.shape.length <= Math.min(before?.length ?? 0, after?.length ?? 0);
    }
    const isSame =
      isSameShape(scope.typeOf(other.inputs[0] ?? '')?.shape, before) &&
      isSameShape(scope.typeOf(other.outputs[0] ?? '')?.shape, after);
    return other === layout || isSame;
  });
  if (!isLegal) return false;
  return exchange(node, { inputs: node.inputs.map((name, at) => layouts[at]?.inputs[0] ?? name), layout, scope });
};

export const sinkLayout = rewritePass('layout sinking', [behindUnary, transposeBehindBinary, reshapeBehindBinary]);
