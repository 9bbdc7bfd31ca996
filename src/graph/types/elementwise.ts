// Types of operators that work element by element, with broadcasting, and of those that keep their first input's type.
import { intOf } from '../attributes.js';
import { type ElementType, elementTypeOf } from '../element-type.js';
import { type Call, type Rule, type Rules, typed } from './rule.js';
import { broadcastShapes } from './shape.js';

const same: Rule = ({ inputs }) => [inputs[0]];

const broadcast =
  (dtypeOf: (call: Call) => ElementType | undefined): Rule =>
  call => {
    const { inputs, opset, node } = call;
    // Before version 7 broadcasting had an axis of its own.
    const legacy = opset < 7 && node.domain === '' && inputs.length === 2;
    const shape = legacy ? inputs[0]?.shape : broadcastShapes(inputs.map(input => input?.shape));
    return [typed(dtypeOf(call), shape)];
  };

const firstKnown = ({ inputs }: Call): ElementType | undefined => inputs.find(input => input !== undefined)?.dtype;

const unary = [
  ...['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'BitwiseNot', 'Ceil', 'Celu', 'Clip', 'Cos', 'Cosh'],
  ...['CumSum', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu', 'HardSigmoid', 'HardSwish', 'Hardmax', 'Identity', 'LRN'],
  ...['LeakyRelu', 'Log', 'LogSoftmax', 'LpNormalization', 'MeanVarianceNormalization', 'Mish', 'Neg', 'Not'],
  ...['Reciprocal', 'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softmax', 'Softplus'],
  ...['Softsign', 'Sqrt', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Trilu', 'InstanceNormalization'],
  ...['GroupNormalization', 'RMSNormalization', 'ScatterElements', 'ScatterND', 'Scatter', 'ReverseSequence'],
  ...['FastGelu', 'BiasGelu', 'QuickGelu', 'SimplifiedLayerNormalization', 'BatchNormalization', 'LayerNormalization'],
  ...['SkipLayerNormalization', 'PRelu', 'BitShift'],
];
const arithmetic = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Mod', 'Max', 'Min', 'Mean', 'Sum'];
const bitwise = ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'];
const logical = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor'];

const cast: Rule = ({ node, inputs }) => [typed(elementTypeOf(intOf(node, 'to', 0)), inputs[0]?.shape)];

const where: Rule = ({ inputs }) => [
  typed(inputs[1]?.dtype ?? inputs[2]?.dtype, broadcastShapes(inputs.map(input => input?.shape))),
];

const test: Rule = ({ inputs }) => [typed('bool', inputs[0]?.shape)];

/** The mask's type is bool since version 10, and before it the data's. */
const dropout: Rule = ({ inputs, opset }) => [inputs[0], opset < 10 ? inputs[0] : typed('bool', inputs[0]?.shape)];

export const elementwiseRules: Rules = {
  ...Object.fromEntries(unary.map(name => [name, same])),
  ...Object.fromEntries(arithmetic.map(name => [name, broadcast(firstKnown)])),
  ...Object.fromEntries(bitwise.map(name => [name, broadcast(firstKnown)])),
  ...Object.fromEntries(logical.map(name => [name, broadcast(() => 'bool')])),
  Cast: cast,
  CastLike: ({ inputs }) => [typed(inputs[1]?.dtype, inputs[0]?.shape)],
  Where: where,
  IsNaN: test,
  IsInf: test,
  Dropout: dropout,
};
