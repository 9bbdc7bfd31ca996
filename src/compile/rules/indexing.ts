// Rules of gather and scatter: positions along one or more axes, given by whole-number arrays.
import { z } from 'zod';
import { elementwise } from '../layout/elementwise.js';
import { castTo, isolate, materialize, rejoin } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { sliceView } from '../layout/shape.js';
import {
  broadcastView,
  freshView,
  literalView,
  product,
  sameList,
  shapeOf,
  transposeView,
  type View,
} from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { formula } from './formula.js';
import { one, type Rule, readParams, refuse } from './rule.js';

const integers = z.array(z.int());
const gatherParams = z.object({ axis: integers, outDim: z.int() });

/** Several index arrays become one into the row-major product of their axes. */
function flatIndex(graph: Graph, indices: readonly View[], sizes: readonly number[]): View {
  const [first, ...rest] = indices.map(view => castTo(graph, view, 'int32'));
  if (first === undefined) return refuse('it has no index');
  return rest.reduce((flat, index, k) => {
    const size = literalView(graph, sizes[k + 1] ?? 1, { dtype: 'int32', shape: [] });
    const scaled = elementwise(graph, 'Mul', { inputs: [flat, size], dtype: 'int32' });
    return elementwise(graph, 'Add', { inputs: [scaled, index], dtype: 'int32' });
  }, first);
}

/** Axes in an order that has the indexed ones together, in the order of the indices, where the first of them stood. */
function togetherOrder(rank: number, axis: readonly number[]): { order: number[]; at: number } {
  const kept = Array.from({ length: rank }, (_, index) => index).filter(index => !axis.includes(index));
  const at = kept.filter(index => index < Math.min(...axis)).length;
  return { order: kept.toSpliced(at, 0, ...axis), at };
}

/** Order that moves `count` axes from `from` to `to`, the others staying as they are. */
function moveOrder(rank: number, { from, count, to }: { from: number; count: number; to: number }): number[] {
  const axes = Array.from({ length: rank }, (_, index) => index);
  const moved = axes.splice(from, count);
  return axes.toSpliced(to, 0, ...moved);
}

const gather: Rule = ({ graph }, step, inputs) => {
  const { axis, outDim } = readParams(gatherParams, step);
  const source = one(inputs);
  const shape = shapeOf(source);
  const sizes = axis.map(index => shape[index] ?? 1);
  const index = flatIndex(graph, inputs.slice(1), sizes);
  const { order, at } = togetherOrder(shape.length, axis);
  const together = order.map(from => shape[from] ?? 1).toSpliced(at, axis.length, product(sizes));
  const flat = reshapeView(graph, transposeView(source, order), together);
  const isolated = isolate(graph, flat, at);
  const indexShape = shapeOf(index);
  // One axis of positions, so that the tensor has the three dimensions that its view states.
  const positions = materialize(graph, reshapeView(graph, index, [product(indexShape)]));
  const tensor = graph.node('Gather', [isolated.tensor, positions], { axis: 1 });
  const gathered = rejoin(isolated, tensor, indexShape);
  return [transposeView(gathered, moveOrder(gathered.axes.length, { from: at, count: indexShape.length, to: outDim }))];
};

const scatterParams = z.object({
  op: z.enum(['add', 'update']),
  shape: integers,
  axis: integers,
  outDim: z.int(),
  uniqueIndices: z.boolean().optional(),
});

/** Constant positions that all lie inside; what is computed may not. */
function surelyInside(graph: Graph, indices: readonly View[], sizes: readonly number[]): boolean {
  return indices.every((view, k) => {
    const inside = (value: number | bigint): boolean => value >= 0 && value < (sizes[k] ?? 0);
    if (view.literal !== undefined) return inside(view.literal);
    const data = graph.constants.get(view.tensor)?.data;
    return data !== undefined && Array.from<number | bigint>(data).every(inside);
  });
}

/** The flat position, and one behind the last where an index lies outside: what is written there is cut off. */
function guardedIndex(graph: Graph, indices: readonly View[], sizes: readonly number[]): View {
  const calculate = formula(graph, 'int32');
  const flat = flatIndex(graph, indices, sizes);
  return indices.reduce((position, view, k) => {
    const index = castTo(graph, view, 'int32');
    const inside = calculate('And', [calculate('LessOrEqual', [0, index]), calculate('Less', [index, sizes[k] ?? 0])]);
    return calculate('Where', [inside, position, product(sizes)]);
  }, flat);
}

/** Element types in which sums are scattered: a sum of booleans is "or", one of halves is made in single precision. */
const summedIn: Partial<Readonly<Record<ElementType, ElementType>>> = { bool: 'int32', float16: 'float32' };

/**
 * Rows written or added into zeros of [positions, rest]. ScatterElements goes through them in order, so that of equal
 * positions the last is kept and every one is added; ScatterND shares its rows between threads, and loses some.
 */
function scatterRows(
  graph: Graph,
  rows: View,
  { index, into, add }: { index: View; into: readonly number[]; add: boolean },
): View {
  const dtype = add ? (summedIn[rows.dtype] ?? rows.dtype) : rows.dtype;
  const [count = 1, width = 1] = shapeOf(rows);
  const column = reshapeView(graph, index, [count]);
  const positions = materialize(graph, broadcastView(column, [count, width], [1]));
  const zeros = materialize(graph, literalView(graph, 0, { dtype, shape: into }));
  const inputs = [zeros, positions, materialize(graph, castTo(graph, rows, dtype))];
  const tensor = graph.node('ScatterElements', inputs, { axis: 0, reduction: add ? 'add' : 'none' });
  return castTo(graph, freshView(tensor, into, dtype), rows.dtype);
}

/** Adds or writes updates into zeros: the indexed axes are flattened to the front, the others behind them. */
const scatter: Rule = ({ graph }, step, inputs) => {
  const { op, shape, axis, outDim, uniqueIndices = false } = readParams(scatterParams, step);
  const updates = one(inputs);
  const indices = inputs.slice(1);
  const sizes = axis.map(index => shape[index] ?? 1);
  const safe = surelyInside(graph, indices, sizes);
  const indexRank = Math.max(...indices.map(view => view.axes.length));
  const front = moveOrder(updates.axes.length, { from: outDim, count: indexRank, to: 0 });
  const moved = transposeView(updates, front);
  const indexShape = shapeOf(moved).slice(0, indexRank);
  const found = safe ? flatIndex(graph, indices, sizes) : guardedIndex(graph, indices, sizes);
  const zeros = literalView(graph, 0, { dtype: 'int32', shape: indexShape });
  const index = sameList(shapeOf(found), indexShape) ? found : formula(graph, 'int32')('Add', [found, zeros]);
  const kept = shape.filter((_, at) => !axis.includes(at));
  const [positions, width] = [product(sizes), product(kept)];
  const rows = reshapeView(graph, moved, [product(indexShape), width]);
  const into = [safe ? positions : positions + 1, width];
  const scattered = scatterRows(graph, rows, { index, into, add: op === 'add' && !uniqueIndices });
  const inside = sliceView(graph, scattered, { axis: 0, start: 0, end: positions });
  const order = [...axis, ...shape.map((_, at) => at).filter(at => !axis.includes(at))];
  return [
    transposeView(
      reshapeView(graph, inside, [...sizes, ...kept]),
      order.map((_, at) => order.indexOf(at)),
    ),
  ];
};

export const indexingRules: Readonly<Record<string, Rule>> = { gather, scatter };
