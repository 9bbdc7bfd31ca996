// Types of operators that take parts of tensors or put more around them: slice, gather, pad, repeat.
import { intOf, intsOf } from '../attributes.js';
import { isRank } from './layout.js';
import { allKnown, axisOf, type Rule, type Rules, reshaped } from './rule.js';
import { product } from './shape.js';

/** Elements that a slice takes of an axis of known size. */
function sliceSize(size: number, { start, end, step }: { start: number; end: number; step: number }): number {
  const bound = (at: number, low: number, high: number) => Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const [from, to] =
    step > 0 ? [bound(start, 0, size), bound(end, 0, size)] : [bound(start, 0, size - 1), bound(end, -1, size - 1)];
  return Math.max(0, Math.ceil((to - from) / step));
}

const slice: Rule = call => {
  const shape = call.inputs[0]?.shape;
  if (shape === undefined) return reshaped(call, undefined);
  const list = (name: string, at: number) => intsOf(call.node, name) ?? allKnown(call.integers(at));
  const [starts, ends] = [list('starts', 1), list('ends', 2)];
  const rank = call.inputs[1]?.shape?.[0] ?? starts?.length;
  const hasInput = (at: number) => (call.node.inputs[at] ?? '') !== '';
  const isStated = hasInput(3) || call.node.attributes.axes !== undefined;
  const count = isRank(rank) ? rank : 0;
  const axes = isStated ? list('axes', 3) : Array.from({ length: count }, (_, k) => k);
  const steps = hasInput(4) ? allKnown(call.integers(4)) : axes?.map(() => 1);
  if (axes === undefined || rank === undefined)
    return reshaped(
      call,
      shape.map(() => undefined),
    );
  const sizes = [...shape];
  axes.forEach((one, k) => {
    const axis = axisOf(one, shape.length);
    const [size, start, end, step] = [axis === undefined ? undefined : shape[axis], starts?.[k], ends?.[k], steps?.[k]];
    if (axis === undefined) return;
    const isKnown = typeof size === 'number' && start !== undefined && end !== undefined && step !== undefined;
    const isWhole = start === 0 && step === 1 && end !== undefined && end >= 2 ** 31 - 1;
    sizes[axis] = isKnown && step !== 0 ? sliceSize(size, { start, end, step }) : isWhole ? size : undefined;
  });
  return reshaped(call, sizes);
};

const gather: Rule = call => {
  const [data, indices] = [call.inputs[0]?.shape, call.inputs[1]?.shape];
  const axis = data === undefined ? undefined : axisOf(intOf(call.node, 'axis', 0), data.length);
  if (data === undefined || indices === undefined || axis === undefined) return reshaped(call, undefined);
  return reshaped(call, [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]);
};

const gatherND: Rule = call => {
  const [data, indices] = [call.inputs[0]?.shape, call.inputs[1]?.shape];
  const depth = indices?.at(-1);
  if (data === undefined || indices === undefined || typeof depth !== 'number') return reshaped(call, undefined);
  return reshaped(call, [...indices.slice(0, -1), ...data.slice(intOf(call.node, 'batch_dims', 0) + depth)]);
};

const pad: Rule = call => {
  const shape = call.inputs[0]?.shape;
  const pads = intsOf(call.node, 'pads') ?? allKnown(call.integers(1));
  if (shape === undefined) return reshaped(call, undefined);
  const hasAxes = (call.node.inputs[3] ?? '') !== '';
  const axes = hasAxes ? allKnown(call.integers(3)) : shape.map((_, axis) => axis);
  if (pads === undefined || axes === undefined)
    return reshaped(
      call,
      shape.map(() => undefined),
    );
  const sizes = [...shape];
  axes.forEach((one, k) => {
    const axis = axisOf(one, shape.length);
    const extra = (pads[k] ?? 0) + (pads[k + axes.length] ?? 0);
    const size = axis === undefined ? undefined : shape[axis];
    if (axis !== undefined && extra !== 0) sizes[axis] = typeof size === 'number' ? size + extra : undefined;
  });
  return reshaped(call, sizes);
};

const tile: Rule = call => {
  const shape = call.inputs[0]?.shape;
  const repeats = call.opset < 6 ? undefined : call.integers(1);
  return reshaped(
    call,
    repeats === undefined
      ? shape?.map(() => undefined)
      : shape?.map((size, axis) => product([size, repeats[axis] ?? 1])),
  );
};

export const partRules: Rules = {
  Slice: slice,
  Gather: gather,
  GatherElements: call => reshaped(call, call.inputs[1]?.shape),
  GatherND: gatherND,
  Pad: pad,
  Tile: tile,
};
