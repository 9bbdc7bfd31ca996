// Rules of gather and scatter: positions along one or more axes, given by whole-number arrays.
import { z } from 'zod';
import { elementwise } from '../layout/elementwise.js';
import { castTo, isolate, materialize, rejoin } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { freshView, literalView, product, shapeOf, transposeView, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
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
  const tensor = graph.node('Gather', [isolated.tensor, materialize(graph, index)], { axis: 1 });
  const gathered = rejoin(isolated, tensor, indexShape);
  return [transposeView(gathered, moveOrder(gathered.axes.length, { from: at, count: indexShape.length, to: outDim }))];
};

const scatterParams = z.object({ op: z.enum(['add', 'update']), shape: integers, axis: integers, outDim: z.int() });

/** Adds updates into zeros: the indexed axes are flattened to the front, so that ScatterND takes rows. */
const scatter: Rule = ({ graph }, step, inputs) => {
  const { op, shape, axis, outDim } = readParams(scatterParams, step);
  const updates = one(inputs);
  const sizes = axis.map(index => shape[index] ?? 1);
  const index = flatIndex(graph, inputs.slice(1), sizes);
  const indexRank = index.axes.length;
  const rank = updates.axes.length;
  const front = transposeView(updates, moveOrder(rank, { from: outDim, count: indexRank, to: 0 }));
  const kept = shape.filter((_, at) => !axis.includes(at));
  const count = product(shapeOf(index));
  const rows = materialize(graph, reshapeView(graph, front, [count, ...kept]));
  const positions = materialize(graph, reshapeView(graph, castTo(graph, index, 'int64'), [count, 1]));
  const into = [product(sizes), ...kept];
  const zeros = materialize(graph, literalView(graph, 0, { dtype: updates.dtype, shape: into }));
  const attributes = { reduction: op === 'add' ? 'add' : 'none' };
  const scattered = freshView(graph.node('ScatterND', [zeros, positions, rows], attributes), into, updates.dtype);
  const unfolded = reshapeView(graph, scattered, [...sizes, ...kept]);
  const order = [...axis, ...shape.map((_, at) => at).filter(at => !axis.includes(at))];
  return [
    transposeView(
      unfolded,
      order.map((_, at) => order.indexOf(at)),
    ),
  ];
};

export const indexingRules: Readonly<Record<string, Rule>> = { gather, scatter };
