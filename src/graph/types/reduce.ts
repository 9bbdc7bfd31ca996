// Types of reductions over axes.
import { intOf } from '../attributes.js';
import type { ElementType } from '../element-type.js';
import { axesOf } from './layout.js';
import { axisOf, type Call, type Rule, type Rules, type Shape, typed } from './rule.js';

function reducedShape(shape: Shape, axes: readonly number[], keeps: boolean): Shape | undefined {
  const gone = axes.map(axis => axisOf(axis, shape.length));
  if (gone.includes(undefined)) return undefined;
  return keeps
    ? shape.map((size, axis) => (gone.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !gone.includes(axis));
}

const reduce: Rule = call => {
  const { node, inputs } = call;
  const [data] = inputs;
  if (data?.shape === undefined) return [typed(data?.dtype, undefined)];
  const keeps = intOf(node, 'keepdims', 1) === 1;
  const isStated = node.attributes.axes !== undefined || (node.inputs[1] ?? '') !== '';
  const stated = isStated ? axesOf(call, 1) : [];
  if (stated === undefined) return [typed(data.dtype, keeps ? data.shape.map(() => undefined) : undefined)];
  if (stated.length === 0 && intOf(node, 'noop_with_empty_axes', 0) === 1) return [data];
  const axes = stated.length === 0 ? data.shape.map((_, axis) => axis) : stated;
  return [typed(data.dtype, reducedShape(data.shape, axes, keeps))];
};

const arg: Rule = ({ node, inputs }) => {
  const shape = inputs[0]?.shape;
  const keeps = intOf(node, 'keepdims', 1) === 1;
  return [typed('int64', shape === undefined ? undefined : reducedShape(shape, [intOf(node, 'axis', 0)], keeps))];
};

const topK: Rule = (call: Call) => {
  const { node, inputs, opset } = call;
  const shape = inputs[0]?.shape;
  const axis = shape === undefined ? undefined : axisOf(intOf(node, 'axis', -1), shape.length);
  const count = opset < 10 ? intOf(node, 'k') : call.integers(1)?.[0];
  const best = shape === undefined || axis === undefined ? undefined : shape.with(axis, count);
  const whole: ElementType = 'int64';
  return [typed(inputs[0]?.dtype, best), typed(whole, best)];
};

const names = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];

export const reduceRules: Rules = {
  ...Object.fromEntries(names.map(name => [`Reduce${name}`, reduce])),
  ArgMax: arg,
  ArgMin: arg,
  TopK: topK,
};
