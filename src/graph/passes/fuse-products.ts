// Fusion around matrix products and convolutions: a bias, a transpose or an activation becomes part of the operator.
import { float, floatOf, floats, int, intsOf, text } from '../attributes.js';
import { numbersOf } from '../constant.js';
import type { Attributes, Node } from '../model.js';
import type { Rewrite, Scope } from './pass.js';
import { become, hasReaders, without } from './replace.js';

const contributed = 'com.microsoft';

const isFloat32 = (value: string, scope: Scope): boolean => scope.typeOf(value)?.dtype === 'float32';

/** A bias that Gemm can add: it broadcasts to the product and never the product to it. */
function isBias(bias: string, product: string, scope: Scope): boolean {
  const [small, large] = [scope.typeOf(bias)?.shape, scope.typeOf(product)?.shape];
  if (small === undefined || large === undefined || small.length > 2) return false;
  return small.every((size, k) => {
    const other = large[k - small.length + 2];
    return size === 1 || (size !== undefined && size === other);
  });
}

/** MatMul + Add over matrices = Gemm. */
const matMulAdd: Rewrite = (node, scope) => {
  if (!scope.is(node, 'Add') || scope.opset('') < 11) return false;
  return [0, 1].some(at => {
    const [product = '', bias = ''] = [node.inputs[at], node.inputs[1 - at]];
    const maker = scope.editor.maker(product);
    if (!scope.is(maker, 'MatMul') || !hasReaders(product, 1, scope) || !isFloat32(product, scope)) return false;
    const [left = '', right = ''] = maker.inputs;
    const isMatrix = [left, right].every(name => scope.typeOf(name)?.shape?.length === 2);
    if (!isMatrix || !isBias(bias, product, scope)) return false;
    return become(node, { operator: 'Gemm', inputs: [left, right, bias] }, scope);
  });
};

/** The value before a transpose of the last two axes. */
function untransposed(value: string, scope: Scope): string | undefined {
  const maker = scope.editor.maker(value);
  const perm = maker === undefined ? undefined : intsOf(maker, 'perm');
  if (!scope.is(maker, 'Transpose') || perm === undefined || perm.length < 2 || !hasReaders(value, 1, scope))
    return undefined;
  const { length } = perm;
  const wanted = perm.map((_, axis) => (axis === length - 1 ? length - 2 : axis === length - 2 ? length - 1 : axis));
  return String(perm) === String(wanted) ? maker.inputs[0] : undefined;
}

/** MatMul of a transposed operand = FusedMatMul, which reads it as it lies. */
const matMulTranspose: Rewrite = (node, scope) => {
  const isFused = node.operator === 'FusedMatMul' && node.domain === contributed;
  if (!(scope.is(node, 'MatMul') || isFused) || !isFloat32(node.inputs[0] ?? '', scope)) return false;
  const sides = ['transA', 'transB'].map((name, at) => ({
    name,
    at,
    value: untransposed(node.inputs[at] ?? '', scope),
  }));
  const side = sides.find(({ name, value }) => value !== undefined && node.attributes[name] === undefined);
  const ranks = node.inputs.map(name => scope.typeOf(name)?.shape?.length);
  if (side?.value === undefined || ranks.some(rank => rank === undefined || rank < 2)) return false;
  scope.useContributed();
  const inputs = node.inputs.with(side.at, side.value);
  const attributes = { ...node.attributes, [side.name]: int(1) };
  return become(node, { operator: 'FusedMatMul', domain: contributed, inputs, attributes }, scope);
};

/** Name and parameters of an activation as the fused operators want them. */
function activationOf(node: Node, scope: Scope): { name: string; params: readonly number[] } | undefined {
  if (scope.is(node, 'Relu', 'Sigmoid', 'Tanh')) return { name: node.operator, params: [] };
  if (scope.is(node, 'LeakyRelu')) return { name: 'LeakyRelu', params: [floatOf(node, 'alpha', 0.01)] };
  if (!scope.is(node, 'Clip') || scope.opset('') < 11) return undefined;
  const bounds = [1, 2].map(at => {
    const constant = scope.constant(node.inputs[at] ?? '');
    return constant?.dtype === 'float32' ? numbersOf(constant)[0] : undefined;
  });
  const [low, high] = bounds;
  return low === undefined || high === undefined ? undefined : { name: 'Clip', params: [low, high] };
}

const convActivation: Rewrite = (node, scope) => {
  const activation = activationOf(node, scope);
  const [input = ''] = node.inputs;
  const maker = scope.editor.maker(input);
  if (activation === undefined || !scope.is(maker, 'Conv') || !hasReaders(input, 1, scope) || !isFloat32(input, scope))
    return false;
  scope.useContributed();
  const params: Attributes = activation.params.length === 0 ? {} : { activation_params: floats(activation.params) };
  const attributes = { ...maker.attributes, activation: text(activation.name), ...params };
  return become(node, { operator: 'FusedConv', domain: contributed, inputs: maker.inputs, attributes }, scope);
};

const gemmActivation: Rewrite = (node, scope) => {
  const activation = scope.is(node, 'Relu', 'Sigmoid', 'Tanh', 'LeakyRelu') ? activationOf(node, scope) : undefined;
  const [input = ''] = node.inputs;
  const maker = scope.editor.maker(input);
  if (activation === undefined || !scope.is(maker, 'Gemm') || !hasReaders(input, 1, scope) || !isFloat32(input, scope))
    return false;
  scope.useContributed();
  const [alpha] = activation.params;
  const params: Attributes = alpha === undefined ? {} : { activation_alpha: float(alpha) };
  const attributes = { ...without(maker.attributes, 'activation'), activation: text(activation.name), ...params };
  return become(node, { operator: 'FusedGemm', domain: contributed, inputs: maker.inputs, attributes }, scope);
};

export const productFusions: readonly Rewrite[] = [matMulAdd, matMulTranspose, convActivation, gemmActivation];
