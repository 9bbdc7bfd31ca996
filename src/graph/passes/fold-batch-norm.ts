// Batch norms at inference are a scale and a shift of each channel: they go into the weights of the operator before them.
import { floatOf, int, intOf } from '../attributes.js';
import { type Constant, constantOf, numbersOf } from '../constant.js';
import type { Node } from '../model.js';
import { type Rewrite, rewritePass, type Scope } from './pass.js';
import { become, hasReaders } from './replace.js';

interface Scaling {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

/** scale = gamma / sqrt(var + eps), shift = beta - mean scale, in double precision. */
function scalingOf(node: Node, scope: Scope): Scaling | undefined {
  const parts = node.inputs.slice(1, 5).map(name => scope.constant(name));
  const [gamma, beta, mean, variance] = parts.map(part =>
    part?.dtype === 'float32' ? Array.from(numbersOf(part)) : undefined,
  );
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined) return undefined;
  const epsilon = floatOf(node, 'epsilon', 1e-5);
  const scale = gamma.map((one, channel) => one / Math.sqrt((variance[channel] ?? 0) + epsilon));
  const shift = beta.map((one, channel) => one - (mean[channel] ?? 0) * (scale[channel] ?? 0));
  // A variance that is not one, or a scale beyond the type: the norm stays and says so itself.
  return [...scale, ...shift].every(value => Number.isFinite(Math.fround(value))) ? { scale, shift } : undefined;
}

/** Inference with one output; before version 7 it may be training. */
const isInference = (node: Node, scope: Scope): boolean =>
  scope.is(node, 'BatchNormalization') &&
  scope.opset('') >= 9 &&
  intOf(node, 'training_mode', 0) === 0 &&
  node.outputs.filter(name => name !== '').length === 1;

/** Weights with each channel scaled; `stride` elements of one channel lie together, of `channels` in a row. */
function scaled(weight: Constant, scale: readonly number[], stride: number): number[] {
  const values = numbersOf(weight);
  return Array.from(values, (value, at) => value * (scale[Math.floor(at / stride) % scale.length] ?? 1));
}

const strideAfter = (shape: readonly number[], axis: number): number =>
  shape.slice(axis + 1).reduce((product, size) => product * size, 1);

interface Layer {
  readonly weight: Constant;
  readonly bias: readonly number[];
  /** Which axis of the weights counts the channels of the result. */
  readonly axis: number;
}

/** The layer before the norm, if its weights are its own to change. */
function layerOf(maker: Node, channels: number, scope: Scope): Layer | undefined {
  const weight = scope.constant(maker.inputs[1] ?? '');
  if (weight?.dtype !== 'float32') return undefined;
  const axis = axisOf(maker, scope);
  if (axis === undefined || weight.shape[axis] !== channels) return undefined;
  const name = maker.inputs[2] ?? '';
  const bias = name === '' ? undefined : scope.constant(name);
  if (name !== '' && bias?.dtype !== 'float32') return undefined;
  const given = bias === undefined ? [0] : Array.from(numbersOf(bias));
  if (given.length !== 1 && given.length !== channels) return undefined;
  return {
    weight,
    axis,
    bias: Array.from({ length: channels }, (_, channel) => given[given.length === 1 ? 0 : channel] ?? 0),
  };
}

function axisOf(maker: Node, scope: Scope): number | undefined {
  if (scope.is(maker, 'Conv')) return 0;
  if (scope.is(maker, 'ConvTranspose')) return intOf(maker, 'group', 1) === 1 ? 1 : undefined;
  const isPlain = floatOf(maker, 'alpha', 1) === 1 && floatOf(maker, 'beta', 1) === 1;
  const isMatrix = scope.typeOf(maker.inputs[0] ?? '')?.shape?.length === 2;
  if (scope.is(maker, 'Gemm')) return isPlain ? (intOf(maker, 'transB', 0) === 1 ? 0 : 1) : undefined;
  return scope.is(maker, 'MatMul') && isMatrix ? 1 : undefined;
}

const fold: Rewrite = (node, scope) => {
  const { editor } = scope;
  const [input = ''] = node.inputs;
  const maker = editor.maker(input);
  if (!isInference(node, scope) || maker === undefined || !hasReaders(input, 1, scope)) return false;
  const scaling = scalingOf(node, scope);
  const layer = scaling === undefined ? undefined : layerOf(maker, scaling.scale.length, scope);
  if (scaling === undefined || layer === undefined) return false;
  const { weight, axis, bias } = layer;
  const values = scaled(weight, scaling.scale, strideAfter(weight.shape, axis));
  const shifted = bias.map((one, channel) => one * (scaling.scale[channel] ?? 1) + (scaling.shift[channel] ?? 0));
  if (!values.every(value => Number.isFinite(Math.fround(value)))) return false;
  const weights = editor.putConstant(
    constantOf(editor.fresh(`${weight.name}_scaled`), 'float32', { shape: weight.shape, values }),
  );
  const biases = editor.addConstant(`${weight.name}_shift`, 'float32', { shape: [shifted.length], values: shifted });
  const inputs = [maker.inputs[0] ?? '', weights, biases];
  if (!scope.is(maker, 'MatMul'))
    return become(node, { operator: maker.operator, inputs, attributes: maker.attributes }, scope);
  return become(node, { operator: 'Gemm', inputs, attributes: { transB: int(0) } }, scope);
};

export const foldBatchNorm = rewritePass('batch-norm folding', [fold]);
