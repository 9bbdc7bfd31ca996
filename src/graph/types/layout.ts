// Types of operators that move whole tensors: reshape, transpose, join, split.
import { intOf, intsOf } from '../attributes.js';
import type { Dimension } from '../model.js';
import { allKnown, axisOf, type Call, type Rule, type Rules, reshaped, type Shape, typed } from './rule.js';
import { broadcastShapes, product, quotient } from './shape.js';

/** Axes from the attribute of old versions or the input of new ones; undefined where they are not known. */
export function axesOf(call: Call, at: number): number[] | undefined {
  return intsOf(call.node, 'axes') ?? allKnown(call.integers(at));
}

/** No tensor has more axes; a number from a hostile file must not size a list. */
export const isRank = (rank: Dimension): rank is number => typeof rank === 'number' && rank <= 64;

const reshape: Rule = call => {
  const [data] = call.inputs;
  const wanted: Shape | undefined = intsOf(call.node, 'shape') ?? call.integers(1);
  const rank = call.inputs[1]?.shape?.[0];
  if (wanted === undefined)
    return reshaped(call, isRank(rank) ? new Array<Dimension>(rank).fill(undefined) : undefined);
  const keepsZero = intOf(call.node, 'allowzero', 0) === 1;
  const sizes = wanted.map((size, axis) => (size === 0 && !keepsZero ? data?.shape?.[axis] : size));
  const open = sizes.indexOf(-1);
  if (open < 0) return reshaped(call, sizes);
  const others = sizes.filter((_, axis) => axis !== open);
  const rest = data?.shape === undefined ? undefined : quotient(data.shape, others);
  return reshaped(call, sizes.with(open, rest));
};

const transpose: Rule = call => {
  const shape = call.inputs[0]?.shape;
  if (shape === undefined) return reshaped(call, undefined);
  const order = intsOf(call.node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
  return reshaped(
    call,
    order.map(axis => shape[axis]),
  );
};

const squeeze: Rule = call => {
  const shape = call.inputs[0]?.shape;
  const hasAxes = call.node.attributes.axes !== undefined || (call.node.inputs[1] ?? '') !== '';
  if (shape === undefined) return reshaped(call, undefined);
  if (!hasAxes) return reshaped(call, allKnown(shape) === undefined ? undefined : shape.filter(size => size !== 1));
  const axes = axesOf(call, 1)?.map(axis => axisOf(axis, shape.length));
  return reshaped(
    call,
    axes?.every(axis => axis !== undefined) ? shape.filter((_, axis) => !axes.includes(axis)) : undefined,
  );
};

const unsqueeze: Rule = call => {
  const shape = call.inputs[0]?.shape;
  const axes = axesOf(call, 1);
  if (shape === undefined || axes === undefined) return reshaped(call, undefined);
  const rank = shape.length + axes.length;
  const ones = new Set(axes.map(axis => axisOf(axis, rank)));
  if (ones.size !== axes.length || ones.has(undefined)) return reshaped(call, undefined);
  let next = 0;
  return reshaped(
    call,
    Array.from({ length: rank }, (_, axis) => (ones.has(axis) ? 1 : shape[next++])),
  );
};

const flatten: Rule = call => {
  const shape = call.inputs[0]?.shape;
  if (shape === undefined) return reshaped(call, [undefined, undefined]);
  const axis = intOf(call.node, 'axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  return reshaped(call, [product(shape.slice(0, at)), product(shape.slice(at))]);
};

const concat: Rule = call => {
  const shapes = call.inputs.map(input => input?.shape);
  const [first] = shapes;
  const axis = first === undefined ? undefined : axisOf(intOf(call.node, 'axis', call.opset < 4 ? 1 : 0), first.length);
  if (first === undefined || axis === undefined) return reshaped(call, undefined);
  const parts = allKnown(shapes.map(shape => shape?.[axis]));
  const others = first.map(
    (_, k) => shapes.map(shape => shape?.[k]).find(size => typeof size === 'number') ?? first[k],
  );
  return reshaped(
    call,
    others.with(
      axis,
      parts?.reduce((sum, size) => sum + size, 0),
    ),
  );
};

const split: Rule = call => {
  const { node, inputs } = call;
  const shape = inputs[0]?.shape;
  const axis = shape === undefined ? undefined : axisOf(intOf(node, 'axis', 0), shape.length);
  if (shape === undefined || axis === undefined) return node.outputs.map(() => typed(inputs[0]?.dtype, undefined));
  const stated = intsOf(node, 'split') ?? call.integers(1);
  const whole = shape[axis];
  const count = node.outputs.length;
  const isStated = node.attributes.split !== undefined || (node.inputs[1] ?? '') !== '';
  const each = typeof whole === 'number' && !isStated ? Math.ceil(whole / count) : undefined;
  return node.outputs.map((_, k) => {
    const even = each === undefined || typeof whole !== 'number' ? undefined : Math.min(each, whole - each * k);
    return typed(inputs[0]?.dtype, shape.with(axis, stated === undefined ? even : stated[k]));
  });
};

export const layoutRules: Rules = {
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Concat: concat,
  Split: split,
  Expand: call => reshaped(call, broadcastShapes([call.inputs[0]?.shape, call.integers(1)])),
};
