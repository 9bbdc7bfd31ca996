// Operators that treat each element alike, and normalisations, whose sums do not mind the order.
import { intOf } from '../../graph/index.js';
import type { Layout, Rule, RuleContext } from './axis-rule.js';

/** Inputs broadcast to the output, element by element. */
const elementwise: Rule = context => {
  const output = context.output();
  for (const input of context.inputs()) context.broadcast(input, output);
};

const elementwiseNames =
  'Abs Acos Acosh Add And Asin Asinh Atan Atanh BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Where Xor com.microsoft.BiasGelu com.microsoft.FastGelu com.microsoft.Gelu com.microsoft.QuickGelu';

/** Expand reads a shape besides, which stands still; CastLike a type, whose order does not matter. */
const firstOnly: Rule = context => {
  context.broadcast(context.input(0), context.output());
  if (context.node.operator === 'CastLike') context.ignore(1);
};

/** Softmax and its kin: the sum along an axis is symmetric. */
const unary: Rule = context => context.same(context.input(0), context.output());

const dropout: Rule = context => {
  unary(context);
  if ((context.node.outputs[1] ?? '') !== '') context.same(context.input(0), context.output(1));
};

/** Further outputs of a normalisation: one value for each group, with size 1 along what was normalised. */
function statistics(context: RuleContext, input: Layout | undefined): void {
  for (let k = 1; k < context.node.outputs.length; k++) context.broadcast(context.output(k), input);
}

/** LayerNormalization and RMSNormalization: scale and bias run along the axes that are normalised. */
const layerNorm: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  context.same(input, output);
  context.broadcast(context.input(1), output);
  context.broadcast(context.input(2), output);
  statistics(context, input);
};

/** Input and skip are added first; scale, shifts and the sum run along the same channels. */
const skipLayerNorm: Rule = context => {
  const output = context.output();
  context.same(context.input(0), output);
  for (let k = 1; k < context.node.inputs.length; k++) context.broadcast(context.input(k), output);
  statistics(context, output);
};

/** One scale, shift (mean, variance) for each channel, axis 1. */
const perChannel: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (context.node.outputs.length > 1 || input === undefined) return context.barrier();
  context.same(input, output);
  for (let k = 1; k < context.node.inputs.length; k++) {
    const figures = context.input(k);
    if (figures !== undefined) context.axes.unify(figures[0] ?? [], input[1]);
  }
};

/** Channels are (group, member): groups may change places, and members alike in all groups. */
const groupNorm: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined) return context.barrier();
  context.same(input, output);
  const groups = intOf(context.node, 'num_groups', 1);
  const group = context.axes.axis(groups);
  const member = context.axes.axis(context.axes.size(input[1]) / groups);
  context.axes.unify(input[1], [...group, ...member]);
  for (const k of [1, 2]) {
    const figures = context.input(k);
    if (figures === undefined) continue;
    const perGroup = context.axes.size(figures[0]) === groups && context.axes.size(member) > 1;
    context.axes.unify(figures[0], perGroup ? group : input[1]);
  }
};

/** Scale and zero point are single numbers or run along `axis`; blocks along an axis are not understood. */
const quantize: Rule = context => {
  const input = context.input(0);
  if (input === undefined || intOf(context.node, 'block_size', 0) !== 0) return context.barrier();
  context.same(input, context.output());
  for (let k = 1; k < context.node.inputs.length; k++) {
    const figures = context.input(k);
    if (figures === undefined || figures.every(axis => context.axes.size(axis) === 1)) continue;
    context.axes.unify(figures[0], input[context.axisNumber(input.length, 1)] ?? []);
  }
};

export const elementwiseRules: ReadonlyMap<string, Rule> = new Map([
  ...elementwiseNames.split(' ').map((name): [string, Rule] => [name, elementwise]),
  ['Expand', firstOnly],
  ['CastLike', firstOnly],
  ['Softmax', unary],
  ['LogSoftmax', unary],
  ['LpNormalization', unary],
  ['MeanVarianceNormalization', unary],
  ['Dropout', dropout],
  ['LayerNormalization', layerNorm],
  ['RMSNormalization', layerNorm],
  ['SimplifiedLayerNormalization', layerNorm],
  ['com.microsoft.SkipLayerNormalization', skipLayerNorm],
  ['com.microsoft.SkipSimplifiedLayerNormalization', skipLayerNorm],
  ['BatchNormalization', perChannel],
  ['InstanceNormalization', perChannel],
  ['GroupNormalization', groupNorm],
  ['QuantizeLinear', quantize],
  ['DequantizeLinear', quantize],
]);
