// Rules of primitives that move or repeat elements: transposes, reshapes, broadcasts, slices, pads, joins, flips.
import { z } from 'zod';
import { reshapeView } from '../layout/reshape.js';
import { concatViews, flipView, padView, sliceView } from '../layout/shape.js';
import { broadcastView, literalView, shapeOf, transposeView, type View } from '../layout/view.js';
import { one, promoteInputs, type Rule, readParams } from './rule.js';

const integers = z.array(z.int());
const pairs = z.array(z.tuple([z.int(), z.int()]));

const transposeParams = z.object({ perm: integers });
const reshapeParams = z.object({ shape: integers });
const broadcastParams = z.object({ shape: integers, axis: integers });
const shrinkParams = z.object({ slice: pairs });
const padParams = z.object({ width: pairs });
const flipParams = z.object({ axis: integers });
const splitParams = z.object({ axis: z.int(), sizes: integers });
const concatenateParams = z.object({ axis: z.int() });

const shrink: Rule = ({ graph }, step, inputs) => {
  let view = one(inputs);
  readParams(shrinkParams, step).slice.forEach(([start, end], axis) => {
    view = sliceView(graph, view, { axis, start, end });
  });
  return [view];
};

const pad: Rule = ({ graph }, step, inputs) => {
  let view = one(inputs);
  readParams(padParams, step).width.forEach(([before, after], axis) => {
    view = padView(graph, view, { axis, before, after });
  });
  return [view];
};

const flip: Rule = ({ graph }, step, inputs) => [
  readParams(flipParams, step).axis.reduce((view: View, axis) => flipView(graph, view, axis), one(inputs)),
];

const split: Rule = ({ graph }, step, inputs) => {
  const { axis, sizes } = readParams(splitParams, step);
  const view = one(inputs);
  let end = 0;
  return sizes.map(size => {
    const start = end;
    end += size;
    if (size === 0) return literalView(graph, 0, { dtype: view.dtype, shape: shapeOf(view).with(axis, 0) });
    return sliceView(graph, view, { axis, start, end });
  });
};

const concatenate: Rule = ({ graph }, step, inputs) => {
  const { axis } = readParams(concatenateParams, step);
  const { views } = promoteInputs(graph, step, inputs);
  const parts = views.filter(view => shapeOf(view)[axis] !== 0);
  const [only] = parts;
  return [parts.length === 1 && only !== undefined ? only : concatViews(graph, parts, axis)];
};

const broadcast: Rule = (_context, step, inputs) => {
  const { shape, axis } = readParams(broadcastParams, step);
  return [broadcastView(one(inputs), shape, axis)];
};

export const movementRules: Readonly<Record<string, Rule>> = {
  transpose: (_context, step, inputs) => [transposeView(one(inputs), readParams(transposeParams, step).perm)],
  reshape: ({ graph }, step, inputs) => [reshapeView(graph, one(inputs), readParams(reshapeParams, step).shape)],
  broadcast,
  shrink,
  pad,
  flip,
  split,
  concatenate,
};
