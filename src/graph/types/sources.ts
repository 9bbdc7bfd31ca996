// Types of operators that make tensors from sizes or attributes, and of those between numbers and quantized numbers.
import { intOf } from '../attributes.js';
import { elementTypeOf } from '../element-type.js';
import { type Rule, type Rules, typed } from './rule.js';

const constant: Rule = ({ node }) => {
  const { value, value_float, value_floats, value_int, value_ints, value_string, value_strings } = node.attributes;
  if (value?.kind === 'tensor') return [{ dtype: value.value.dtype, shape: value.value.shape }];
  if (value_float !== undefined) return [{ dtype: 'float32', shape: [] }];
  if (value_int !== undefined) return [{ dtype: 'int64', shape: [] }];
  if (value_string !== undefined) return [{ dtype: 'string', shape: [] }];
  if (value_floats?.kind === 'floats') return [{ dtype: 'float32', shape: [value_floats.value.length] }];
  if (value_ints?.kind === 'ints') return [{ dtype: 'int64', shape: [value_ints.value.length] }];
  if (value_strings?.kind === 'texts') return [{ dtype: 'string', shape: [value_strings.value.length] }];
  return [];
};

const constantOfShape: Rule = call => {
  const { value } = call.node.attributes;
  return [typed(value?.kind === 'tensor' ? value.value.dtype : 'float32', call.integers(0))];
};

const shapeRule: Rule = ({ node, inputs }) => {
  const rank = inputs[0]?.shape?.length;
  const bound = (at: number, size: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  const length =
    rank === undefined
      ? undefined
      : Math.max(0, bound(intOf(node, 'end', rank), rank) - bound(intOf(node, 'start', 0), rank));
  return [{ dtype: 'int64', shape: [length] }];
};

const quantizeLinear: Rule = ({ node, inputs }) => {
  const stated = elementTypeOf(intOf(node, 'output_dtype', 0));
  return [typed(inputs[2]?.dtype ?? stated ?? 'uint8', inputs[0]?.shape)];
};

const range: Rule = call => {
  const ends = [0, 1, 2].map(at => call.integers(at)?.[0]);
  const [start, limit, delta] = ends;
  const isKnown = typeof start === 'number' && typeof limit === 'number' && typeof delta === 'number' && delta !== 0;
  return [typed(call.inputs[0]?.dtype, [isKnown ? Math.max(0, Math.ceil((limit - start) / delta)) : undefined])];
};

export const sourceRules: Rules = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shapeRule,
  Size: () => [{ dtype: 'int64', shape: [] }],
  Range: range,
  NonZero: ({ inputs }) => [{ dtype: 'int64', shape: [inputs[0]?.shape?.length, undefined] }],
  EyeLike: ({ node, inputs }) => [typed(elementTypeOf(intOf(node, 'dtype', 0)) ?? inputs[0]?.dtype, inputs[0]?.shape)],
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: ({ inputs }) => [typed(inputs[1]?.dtype, inputs[0]?.shape)],
  DynamicQuantizeLinear: ({ inputs }) => [
    typed('uint8', inputs[0]?.shape),
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ],
};
