// Rules of primitives that sum: dot, reduce.
import { z } from 'zod';
import { dotView } from '../layout/dot.js';
import { castTo } from '../layout/materialize.js';
import { reduceView } from '../layout/reduce.js';
import { reshapeView } from '../layout/reshape.js';
import { concatViews, sliceView } from '../layout/shape.js';
import { shapeOf, transposeView, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { formula } from './formula.js';
import { isFloat } from './operators.js';
import { one, promoteInputs, type Rule, readParams, two } from './rule.js';

const integers = z.array(z.int());
const reduceParams = z.object({ op: z.enum(['Add', 'Mul', 'Max', 'Min']), axis: integers });

/** Sums of booleans count as "or", products as "and". */
const logical = { Add: 'Max', Mul: 'Min', Max: 'Max', Min: 'Min' } as const;

/** The largest or smallest element, no number where there is one among them: the runtime's kernels skip those. */
function extreme(graph: Graph, view: View, { axes, by }: { axes: readonly number[]; by: 'Max' | 'Min' }): View {
  const found = reduceView(graph, view, { axes, by });
  if (!isFloat(view.dtype) || view.literal !== undefined) return found;
  const calculate = formula(graph, view.dtype);
  const spoilt = reduceView(graph, calculate('IsNaN', [view]), { axes, by: 'Max' });
  return calculate('Where', [spoilt, Number.NaN, found]);
}

/** Products of whole numbers wrap round, where the runtime's own would stay at the limit: halves are multiplied until one is left. */
function wholeProduct(graph: Graph, view: View, axes: readonly number[]): View {
  const calculate = formula(graph, view.dtype);
  const kept = view.axes.map((_, axis) => axis).filter(axis => !axes.includes(axis));
  const shape = shapeOf(view);
  const keptShape = kept.map(axis => shape[axis] ?? 1);
  const last = kept.length;
  let size = axes.reduce((total, axis) => total * (shape[axis] ?? 1), 1);
  let left = reshapeView(graph, transposeView(view, [...kept, ...axes]), [...keptShape, size]);
  for (; size > 1; size = Math.ceil(size / 2)) {
    const half = Math.floor(size / 2);
    const [front, back] = [0, half].map(start => sliceView(graph, left, { axis: last, start, end: start + half }));
    const halves = calculate('Mul', [front ?? left, back ?? left]);
    const odd = size % 2 === 0 ? [] : [sliceView(graph, left, { axis: last, start: size - 1, end: size })];
    left = odd.length === 0 ? halves : concatViews(graph, [halves, ...odd], last);
  }
  return reshapeView(graph, left, keptShape);
}

const reduce: Rule = ({ graph }, step, inputs) => {
  const { op, axis } = readParams(reduceParams, step);
  const view = one(inputs);
  const { dtype } = view;
  if (axis.length === 0) return [view];
  if (dtype === 'bool') return [reduceView(graph, view, { axes: axis, by: logical[op] })];
  const whole = dtype === 'uint32' || dtype === 'int32';
  if (whole && op === 'Mul') return [wholeProduct(graph, view, axis)];
  if (dtype === 'uint32') {
    // Sums have the bits of those with a sign; a double holds every uint32, while the runtime's int64 extremes are wrong.
    const other = op === 'Add' ? 'int32' : 'float64';
    return [castTo(graph, reduceView(graph, castTo(graph, view, other), { axes: axis, by: op }), dtype)];
  }
  if (op === 'Max' || op === 'Min') return [extreme(graph, view, { axes: axis, by: op })];
  return [reduceView(graph, view, { axes: axis, by: op })];
};

/** Products of whole numbers without a sign have the bits of those with one; of booleans, a sum above 0 is true. */
export function product(graph: Graph, views: readonly [View, View]): View {
  const { dtype } = views[0];
  if (dtype !== 'bool' && dtype !== 'uint32') return dotView(graph, views);
  const [x, y] = views;
  return castTo(graph, dotView(graph, [castTo(graph, x, 'int32'), castTo(graph, y, 'int32')]), dtype);
}

const dot: Rule = ({ graph }, step, inputs) => [product(graph, two(promoteInputs(graph, step, inputs).views))];

export const contractionRules: Readonly<Record<string, Rule>> = { dot, reduce };
